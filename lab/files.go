package lab

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// file is a document that a customer left.
type file struct {
	ID      int64  `json:"id"`
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Size    int64  `json:"size"`
	Owner   int64  `json:"owner_id"`
	Path    string `json:"path"` // on the disk, as it were
	content string
}

func (s *Shop) uploadFile(c *call) answer {
	part, head, err := c.FormFile("file")
	if err != nil {
		panic(err)
	}
	defer part.Close()
	content, err := io.ReadAll(io.LimitReader(part, maxFile))
	if err != nil {
		panic(err)
	}
	name := cutText(strings.ToValidUTF8(head.Filename, "?"), 100)
	f := &file{Kind: cutText(c.FormValue("kind"), 100), Name: name, Size: int64(len(content)), Owner: c.who, Path: "/srv/shop/files/" + name, content: string(content)}
	s.mu.Lock()
	defer s.mu.Unlock()
	return created(*s.files.add(f))
}

// getFile shows any document to whoever is logged in.
func (s *Shop) getFile(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files.find(c.id()); f != nil {
		return answer{status: http.StatusOK, kind: "text/plain; charset=utf-8", body: f.content}
	}
	return missing()
}

// webhook is where a customer wants to be told of orders.
type webhook struct {
	ID     int64    `json:"id"`
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Secret string   `json:"secret,omitempty"`
	Owner  int64    `json:"owner_id"`
}

func (w *webhook) clone() webhook {
	c := *w
	c.Events = slices.Clone(w.Events)
	return c
}

func (s *Shop) listWebhooks(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []webhook{}
	for _, w := range s.webhooks.all(100, func(w *webhook) bool { return w.Owner == c.who }) {
		list = append(list, w.clone())
	}
	return ok(list)
}

func (s *Shop) createWebhook(c *call) answer {
	w := &webhook{}
	c.read(w)
	w.Owner = c.who
	s.mu.Lock()
	defer s.mu.Unlock()
	return created(s.webhooks.add(w).clone())
}

// testWebhook calls whatever address it was given, from within.
func (s *Shop) testWebhook(c *call) answer {
	s.mu.Lock()
	w := s.webhooks.find(c.id())
	var url string
	if w != nil {
		url = w.URL
	}
	s.mu.Unlock()
	if w == nil {
		return missing()
	}
	return s.fetched(c.Context(), url)
}

// setAvatar fetches whatever address it is given, from within.
func (s *Shop) setAvatar(c *call) answer {
	var in struct{ URL string }
	c.read(&in)
	s.mu.Lock()
	u := s.users.find(c.id())
	s.mu.Unlock()
	if u == nil {
		return missing()
	}
	return s.fetched(c.Context(), in.URL)
}
