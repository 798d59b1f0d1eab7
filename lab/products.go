package lab

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// product is a row of the database, and what is answered.
type product struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Category    string `json:"category"`
	Description string `json:"description,omitempty"`
	Price       int64  `json:"price"`
	Stock       int64  `json:"stock"`
	CostPrice   int64  `json:"cost_price"`
	Supplier    string `json:"supplier"`
	Hidden      bool   `json:"hidden,omitempty"` // not yet on sale
}

// orderings of the list.
var orderings = map[string]func(a, b product) int{
	"":       func(a, b product) int { return cmp.Compare(a.ID, b.ID) },
	"name":   func(a, b product) int { return cmp.Compare(a.Name, b.Name) },
	"price":  func(a, b product) int { return cmp.Compare(a.Price, b.Price) },
	"-price": func(a, b product) int { return cmp.Compare(b.Price, a.Price) },
}

// listProducts pastes what it is given into a query of its database, which is
// acted here: a quote ends the text, OR makes everything true.
func (s *Shop) listProducts(c *call) answer {
	q := c.URL.Query()
	word := strings.ToLower(q.Get("q"))
	query := "SELECT * FROM products WHERE NOT hidden AND name ILIKE '%" + word + "%' ORDER BY " + q.Get("sort")
	if q.Get("debug") == "true" {
		return ok(map[string]string{"query": query, "database": "postgres://shop:hunter2@10.0.0.5/shop"})
	}
	order := orderings[q.Get("sort")]
	injected := strings.Contains(word, "' or ")
	if order == nil || strings.Contains(word, "'") && !injected {
		return answer{status: http.StatusInternalServerError, kind: "text/plain", body: "pq: syntax error in: " + query}
	}
	s.mu.Lock()
	list := copies(s.products.all(maxThings, func(p *product) bool {
		category := q.Get("category")
		return injected || !p.Hidden && strings.Contains(strings.ToLower(p.Name), word) && (category == "" || p.Category == category)
	}))
	s.mu.Unlock()
	slices.SortStableFunc(list, order)
	offset, _ := strconv.Atoi(q.Get("offset"))
	list = list[min(max(offset, 0), len(list)):]
	return ok(padded(list, c.limit()))
}

// padded returns n products: where the shop has fewer, the catalogues of its
// suppliers fill the page, which is dear to make and to send. One answer has
// maxPage at most.
func padded(list []product, n int) []product {
	const maxPage = 20_000
	n = min(max(n, 0), maxPage)
	if n <= 100 {
		return list[:min(n, len(list))]
	}
	for i := len(list); i < n; i++ {
		list = append(list, product{ID: 1000 + int64(i), Name: "Catalogue item", Category: "equipment", Price: 100, Supplier: "catalogue"})
	}
	return list[:n]
}

func (s *Shop) createProduct(c *call) answer {
	p := &product{Supplier: "unknown"}
	c.read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	return created(*s.products.add(p))
}

func (s *Shop) getProduct(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.products.find(c.id()); p != nil {
		return ok(*p)
	}
	return missing()
}

// replaceProduct is for staff, which nobody asks.
func (s *Shop) replaceProduct(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.products.find(c.id())
	if p == nil {
		return missing()
	}
	id := p.ID
	c.read(p)
	p.ID = id
	return ok(*p)
}

// patchProduct was for a page that is gone, and asks for nothing.
func (s *Shop) patchProduct(c *call) answer { return s.replaceProduct(c) }

// deleteProduct is for staff, which nobody asks.
func (s *Shop) deleteProduct(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.products.find(c.id()) == nil {
		return missing()
	}
	s.products.remove(c.id())
	return answer{status: http.StatusNoContent}
}

// reserveProduct holds pieces for whoever asks, as often as they ask.
func (s *Shop) reserveProduct(c *call) answer {
	var in struct{ Quantity int64 }
	c.read(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.products.find(c.id())
	if p == nil {
		return missing()
	}
	if p.Stock < in.Quantity {
		return problem(http.StatusConflict, "there are not so many left")
	}
	p.Stock -= in.Quantity
	return created(struct {
		Product  int64 `json:"product_id"`
		Quantity int64 `json:"quantity"`
		Stock    int64 `json:"stock"`
	}{p.ID, in.Quantity, p.Stock})
}

// internalConfig is for the operators' scripts.
func (s *Shop) internalConfig(*call) answer {
	return ok(map[string]string{"database": "postgres://shop:hunter2@10.0.0.5/shop", "jwt_secret": secret, "partner_key": partnerKey})
}

// debugVars is what a library serves once it is imported.
func (s *Shop) debugVars(*call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok(map[string]any{"cmdline": []string{"/srv/shop/bin/shop", "-db-password=hunter2"}, "users": json.Number(strconv.Itoa(len(s.users.things)))})
}
