package v1alpha1

// Path says whether the way to the server should exist.
// +kubebuilder:validation:Enum=Allowed;Blocked
type Path string

// The values of Path.
const (
	PathAllowed Path = "Allowed"
	PathBlocked Path = "Blocked"
)

// Expect is what is demanded of a client's sessions.
// +kubebuilder:validation:XValidation:rule="!has(self.connect) || self.connect != 'Blocked' || !has(self.maxOutages)",message="judges sessions, and connect Blocked expects none: remove maxOutages, or set connect to Allowed",reason=FieldValueForbidden,fieldPath=".maxOutages"
// +kubebuilder:validation:XValidation:rule="!has(self.connect) || self.connect != 'Blocked' || !has(self.recoverWithin) || !self.recoverWithin.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self.recoverWithin) == duration('0s')",message="judges sessions, and connect Blocked expects none: remove recoverWithin, or set connect to Allowed",reason=FieldValueForbidden,fieldPath=".recoverWithin"
type Expect struct {
	// connect Allowed expects every desired session to be established.
	// Blocked expects that none can be, as for a test of a NetworkPolicy: it
	// holds once every last attempt has failed to connect; a name that does
	// not resolve shows nothing.
	// +optional
	// +kubebuilder:default=Allowed
	Connect Path `json:"connect,omitempty"`
	// maxOutages is how many outages within the window are forgiven; left out,
	// their number is not judged.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9
	MaxOutages *int32 `json:"maxOutages,omitempty"`
	// window is how far back outages count.
	// +optional
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) >= duration('1s')",message="must be at least 1s",reason=FieldValueInvalid
	Window Duration `json:"window,omitempty"`
	// recoverWithin is how long an outage may last; 0s does not judge that.
	// +optional
	// +kubebuilder:default="0s"
	RecoverWithin Duration `json:"recoverWithin,omitempty"`
}
