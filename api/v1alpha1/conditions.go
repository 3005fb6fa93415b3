package v1alpha1

// Types of conditions. Ready is the summary; exactly one of Ready,
// Reconciling and Stalled is True.
const (
	// ConditionReady: everything that the spec asks for holds now.
	ConditionReady = "Ready"
	// ConditionAccepted: the spec can be acted on.
	ConditionAccepted = "Accepted"
	// ConditionResolvedRefs: the server that a client refers to exists.
	ConditionResolvedRefs = "ResolvedRefs"
	// ConditionAvailable: the current settings run in every wanted pod, and
	// every pod is ready.
	ConditionAvailable = "Available"
	// ConditionConnected: every desired session is established.
	ConditionConnected = "Connected"
	// ConditionExpectationsMet: what spec.expect demands holds.
	ConditionExpectationsMet = "ExpectationsMet"
	// ConditionReconciling is present only while True: the operator works or
	// waits, and needs nobody.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present only while True: somebody has to act.
	ConditionStalled = "Stalled"
)

// Reasons of conditions. docs/reasons.md explains each; a test holds the two
// together.
const (
	// ReasonAccepted: the spec is valid.
	ReasonAccepted = "Accepted"
	// ReasonInvalidSpec: the spec passed the schema, and still cannot work.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonNameConflict: an object of the wanted name belongs to somebody else.
	ReasonNameConflict = "NameConflict"
	// ReasonRefused: the API server refused a child for a reason that will not go away by itself.
	ReasonRefused = "Refused"

	// ReasonResolved: the target is known.
	ReasonResolved = "Resolved"
	// ReasonServerNotFound: there is no TcpServer of the name in serverRef.
	ReasonServerNotFound = "ServerNotFound"
	// ReasonServerNotReady: the TcpServer exists and is not ready; pods start once it is.
	ReasonServerNotReady = "ServerNotReady"

	// ReasonReplicasReady: every wanted pod is ready.
	ReasonReplicasReady = "ReplicasReady"
	// ReasonReplicasNotReady: some wanted pods are not ready.
	ReasonReplicasNotReady = "ReplicasNotReady"
	// ReasonRolloutPending: the current settings have not reached every pod.
	ReasonRolloutPending = "RolloutPending"
	// ReasonReplicaFailure: pods cannot be created, for instance because of a quota.
	ReasonReplicaFailure = "ReplicaFailure"
	// ReasonProgressDeadlineExceeded: a rollout made no progress for ten minutes.
	ReasonProgressDeadlineExceeded = "ProgressDeadlineExceeded"

	// ReasonSessionsEstablished: every desired session is established.
	ReasonSessionsEstablished = "SessionsEstablished"
	// ReasonSessionsNotEstablished: some desired sessions are not.
	ReasonSessionsNotEstablished = "SessionsNotEstablished"

	// ReasonBlocked: no session can be established, as expected.
	ReasonBlocked = "Blocked"

	// ReasonExpectationsMet: what spec.expect demands holds.
	ReasonExpectationsMet = "ExpectationsMet"
	// ReasonTooManyOutages: there were more within the window than are forgiven.
	ReasonTooManyOutages = "TooManyOutages"
	// ReasonOutageTooLong: an outage lasted longer than recoverWithin.
	ReasonOutageTooLong = "OutageTooLong"
	// ReasonUnexpectedSession: a session could be established although the path should be blocked.
	ReasonUnexpectedSession = "UnexpectedSession"
	// ReasonNotProven: no attempt has shown yet that the path is blocked.
	ReasonNotProven = "NotProven"

	// ReasonRetrying: a call failed and is repeated.
	ReasonRetrying = "Retrying"
)
