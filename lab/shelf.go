package lab

// shelf holds things of one kind, oldest first, at most maxThings of them: a
// new one drives out the oldest.
type shelf[T any] struct {
	things []*T
	id     func(*T) *int64
	last   int64 // the number given last
}

// add numbers a thing and puts it on the shelf.
func (s *shelf[T]) add(thing *T) *T {
	s.last++
	*s.id(thing) = s.last
	s.things = append(s.things, thing)
	if len(s.things) > maxThings {
		s.things = append(s.things[:0:0], s.things[1:]...)
	}
	return thing
}

// find returns the thing of that number, or nil.
func (s *shelf[T]) find(id int64) *T {
	return s.first(func(t *T) bool { return *s.id(t) == id })
}

// first returns the oldest thing that is meant, or nil.
func (s *shelf[T]) first(meant func(*T) bool) *T {
	for _, t := range s.things {
		if meant(t) {
			return t
		}
	}
	return nil
}

// all returns the things that are meant, limit of them at most.
func (s *shelf[T]) all(limit int, meant func(*T) bool) []*T {
	list := []*T{}
	for _, t := range s.things {
		if len(list) < limit && meant(t) {
			list = append(list, t)
		}
	}
	return list
}

// remove takes the thing of that number off the shelf.
func (s *shelf[T]) remove(id int64) {
	kept := s.things[:0:0]
	for _, t := range s.things {
		if *s.id(t) != id {
			kept = append(kept, t)
		}
	}
	s.things = kept
}
