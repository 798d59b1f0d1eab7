package revoke

// Most is how many answers are kept at most.
const Most = sets * ways

// Judge is judge.
var Judge = judge

// Kept counts the answers.
func (r *Responders) Kept() (n int) {
	for i := range r.table {
		for j := range r.table[i] {
			if r.table[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}
