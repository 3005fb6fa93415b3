// Package observed reads what is: children from the cache, and snapshots from
// the pods. It turns both into plain values and decides nothing.
package observed
