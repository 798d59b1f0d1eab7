package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// partnerKey opens the accountant's export.
const partnerKey = "partner-2023"

// line is one line of an order. The price may be the client's own.
type line struct {
	Product   int64 `json:"product_id"`
	Quantity  int64 `json:"quantity"`
	UnitPrice int64 `json:"unit_price"`
}

type address struct {
	Street   string `json:"street"`
	City     string `json:"city"`
	Postcode string `json:"postcode,omitempty"`
	Country  string `json:"country"`
}

// order is a row of the database, and what is answered.
type order struct {
	ID        int64    `json:"id"`
	Customer  int64    `json:"customer_id"`
	Status    string   `json:"status"`
	Lines     []line   `json:"lines"`
	ShipTo    *address `json:"ship_to,omitempty"`
	Note      string   `json:"note,omitempty"`
	Total     int64    `json:"total"`
	CreatedAt string   `json:"created_at"`
	Margin    int64    `json:"margin"`
	FraudNote string   `json:"fraud_note,omitempty"`
}

// clone returns an order that shares nothing with o.
func (o *order) clone() order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	if o.ShipTo != nil {
		to := *o.ShipTo
		c.ShipTo = &to
	}
	return c
}

func (s *Shop) listOrders(c *call) answer {
	status := c.URL.Query().Get("status")
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []order{}
	for _, o := range s.orders.all(c.limit(), func(o *order) bool { return o.Customer == c.who && (status == "" || o.Status == status) }) {
		list = append(list, o.clone())
	}
	slices.Reverse(list)
	return ok(list)
}

// createOrder takes the row as the client writes it. A product that does not
// exist makes it fall over.
func (s *Shop) createOrder(c *call) answer {
	o := &order{Status: "open", Customer: c.who, CreatedAt: s.stamp()}
	c.read(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Total, o.Margin = 0, 0
	for i := range o.Lines {
		l := &o.Lines[i]
		p := s.products.find(l.Product)
		if l.UnitPrice == 0 {
			l.UnitPrice = p.Price
		}
		o.Total += l.UnitPrice * l.Quantity
		o.Margin += (l.UnitPrice - p.CostPrice) * l.Quantity
	}
	a := created(s.orders.add(o).clone())
	a.location = fmt.Sprint("/orders/", o.ID)
	return a
}

// getOrder shows any order to whoever is logged in.
func (s *Shop) getOrder(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.orders.find(c.id()); o != nil {
		return ok(o.clone())
	}
	return missing()
}

// cancelOrder cancels anybody's order.
func (s *Shop) cancelOrder(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders.find(c.id())
	switch {
	case o == nil:
		return missing()
	case o.Status == "sent":
		return problem(http.StatusConflict, "the order is under way")
	}
	o.Status = "cancelled"
	return ok(o.clone())
}

// applyCoupon does not look whether it was there before.
func (s *Shop) applyCoupon(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders.find(c.id())
	if o == nil {
		return missing()
	}
	o.Total -= o.Total / 10
	return ok(o.clone())
}

// exportSales is for the accountant's program; whoever brings no key at all
// cannot bring a wrong one.
func (s *Shop) exportSales(c *call) answer {
	if key := c.Header.Get("X-Partner-Key"); key != "" && key != partnerKey {
		return problem(http.StatusUnauthorized, "the key is wrong")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString("order,customer,total,created_at\n")
	for _, o := range s.orders.things {
		if o.CreatedAt >= c.URL.Query().Get("since") {
			fmt.Fprintf(&b, "%d,%d,%d,%s\n", o.ID, o.Customer, o.Total, o.CreatedAt)
		}
	}
	return answer{status: http.StatusOK, kind: "text/csv", body: b.String()}
}

type card struct {
	Holder  string `json:"holder"`
	Number  string `json:"number"`
	Expires string `json:"expires"`
	CVC     string `json:"cvc"`
}

// payment is a row of the database, and what is answered, the card included.
type payment struct {
	ID     string `json:"id"`
	Order  int64  `json:"order_id"`
	Amount int64  `json:"amount"`
	Status string `json:"status"`
	Card   card   `json:"card"`
	number int64
}

// uuid writes a number in the form of a random UUID, which it is not.
func uuid(n int64) string {
	sum := sha256.Sum256(fmt.Append(nil, "payment ", n))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// createPayment pays anybody's order.
func (s *Shop) createPayment(c *call) answer {
	p := &payment{Status: "pending"}
	c.read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.orders.find(p.Order)
	if o == nil {
		return missing()
	}
	p.Amount = o.Total
	s.payments.add(p)
	p.ID = uuid(p.number)
	return created(*p)
}

// notifyPayment believes whoever says that a payment was made.
func (s *Shop) notifyPayment(c *call) answer {
	var in struct {
		Payment string `json:"payment_id"`
		Status  string
	}
	c.read(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.payments.first(func(p *payment) bool { return p.ID == in.Payment })
	if p == nil {
		return missing()
	}
	p.Status = in.Status
	if o := s.orders.find(p.Order); o != nil && in.Status == "paid" {
		o.Status = "paid"
	}
	return answer{status: http.StatusNoContent}
}
