package source

import "fmt"

// repeats are names that stand twice in an object. They become problems when
// the tree is there, which knows the object's pointer.
type repeats []struct {
	object, at place
	name       string
}

func (rs *repeats) add(object, at place, name string) {
	if len(*rs) < maxReported {
		*rs = append(*rs, struct {
			object, at place
			name       string
		}{object, at, name})
	}
}

func (rs repeats) problems(f *File) Problems {
	var problems Problems
	for _, d := range rs {
		p := Problem{
			Position: f.position(d.at), Text: clip(fmt.Sprintf("the name %q stands twice in this object", d.name)),
			Hint: "remove or rename one of them",
		}
		if f.Root != nil {
			p.Pointer = clip(f.pointer(d.object) + "/" + escapePointer(d.name))
		}
		problems = append(problems, p)
	}
	return problems
}
