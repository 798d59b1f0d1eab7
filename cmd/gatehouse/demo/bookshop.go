package demo

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
)

// document is the contract of the sample API.
//
//go:embed bookshop.yaml
var document []byte

// book is what the sample API sells.
type book struct {
	ISBN   string  `json:"isbn"`
	Title  string  `json:"title"`
	Author string  `json:"author,omitempty"`
	Price  float64 `json:"price"`
}

// bookshop is the sample API. It is written as many APIs are: it does its
// work and believes what it is sent. An order that brings its own price gets
// it, one for a negative quantity pays money out, and /admin answers anybody.
type bookshop struct {
	http.ServeMux
	calls atomic.Int64 // that arrived here

	mu    sync.Mutex
	books []book // guarded by mu
}

func newBookshop() *bookshop {
	s := &bookshop{books: []book{
		{"9780131103627", "The C Programming Language", "Kernighan, Ritchie", 49.90},
		{"9780201633610", "Design Patterns", "Gamma and others", 44.50},
		{"9780134190440", "The Go Programming Language", "Donovan, Kernighan", 39.00},
	}}
	s.HandleFunc("GET /books", s.list)
	s.HandleFunc("POST /books", s.add)
	s.HandleFunc("GET /books/{isbn}", s.get)
	s.HandleFunc("DELETE /books/{isbn}", s.remove)
	s.HandleFunc("POST /orders", s.order)
	s.HandleFunc("/admin", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"secret": "nobody was meant to find this"})
	})
	return s
}

// ServeHTTP implements http.Handler.
func (s *bookshop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	s.ServeMux.ServeHTTP(w, r)
}

func (s *bookshop) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, s.books)
}

func (s *bookshop) find(isbn string) (int, bool) {
	for i := range s.books {
		if s.books[i].ISBN == isbn {
			return i, true
		}
	}
	return 0, false
}

func (s *bookshop) get(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(r.PathValue("isbn")); ok {
		answer(w, http.StatusOK, s.books[i])
		return
	}
	http.NotFound(w, r)
}

// maxBooks bounds the shelf: the demo may serve for long.
const maxBooks = 1000

func (s *bookshop) add(w http.ResponseWriter, r *http.Request) {
	var b book
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.books) < maxBooks {
		s.books = append(s.books, b)
	}
	answer(w, http.StatusCreated, b)
}

func (s *bookshop) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(r.PathValue("isbn")); ok {
		s.books = append(s.books[:i:i], s.books[i+1:]...)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *bookshop) order(w http.ResponseWriter, r *http.Request) {
	var o struct {
		ISBN     string
		Quantity float64
		Price    *float64 // the weakness: a client may name it
	}
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	price := 0.0
	if i, ok := s.find(o.ISBN); ok {
		price = s.books[i].Price
	}
	if o.Price != nil {
		price = *o.Price
	}
	answer(w, http.StatusCreated, map[string]float64{"total": price * o.Quantity})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
