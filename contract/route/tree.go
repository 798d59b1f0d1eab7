package route

// tree is a node while the table is being built.
type tree struct {
	literals map[string]*tree
	patterns map[string]*branch
	leaf     *leafTree
	mount    *apiTree
}

type branch struct {
	pattern
	tree *tree
}

// leafTree is what ends at a node: the operations of one path.
type leafTree struct {
	operations []operation
}

type operation struct {
	*Entry
	names []string
}

// apiTree is one API: where it stands and what it holds.
type apiTree struct {
	first *Entry
	paths tree
	// clash says that another API stands at one of its places already.
	clash bool
	opts  map[string]operation // by shape: the first one, for its opt-ins
}

// literal returns the tree behind a literal edge, made when it is missing.
func (t *tree) literal(text string) *tree {
	next := t.literals[text]
	if next == nil {
		if t.literals == nil {
			t.literals = make(map[string]*tree)
		}
		next = new(tree)
		t.literals[text] = next
	}
	return next
}

// next returns the tree behind a segment, made when it is missing.
func (t *tree) next(s pattern) *tree {
	if len(s.texts) == 1 {
		return t.literal(s.texts[0])
	}
	key := s.key()
	if t.patterns[key] == nil {
		if t.patterns == nil {
			t.patterns = make(map[string]*branch)
		}
		t.patterns[key] = &branch{s, new(tree)}
	}
	return t.patterns[key].tree
}
