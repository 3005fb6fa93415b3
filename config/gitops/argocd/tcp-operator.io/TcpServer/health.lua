-- The status follows kstatus: observedGeneration on the status and on every
-- condition, Ready always present, Reconciling and Stalled only while True.
-- https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
local hs = { status = "Progressing", message = "Waiting for the operator" }

if obj.metadata.deletionTimestamp ~= nil then
  hs.message = "Being deleted"
  return hs
end

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local found = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  if condition.observedGeneration == obj.metadata.generation then
    found[condition.type] = condition
  end
end

local function holds(name)
  return found[name] ~= nil and found[name].status == "True"
end

if holds("Stalled") then
  hs.status = "Degraded"
  hs.message = found["Stalled"].message
elseif holds("Ready") and not holds("Reconciling") then
  hs.status = "Healthy"
  hs.message = found["Ready"].message
elseif found["Ready"] ~= nil then
  hs.message = found["Ready"].message
end
return hs
