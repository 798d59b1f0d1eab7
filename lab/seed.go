package lab

// The people of the seed, by their numbers.
const (
	Grace   = 1 // administrator
	Alice   = 2 // a customer with something to lose
	Bob     = 3 // staff
	Mallory = 4 // a customer who is curious
)

// seed puts on the shelves what is there each time.
func (s *Shop) seed() {
	s.users.id = func(u *user) *int64 { return &u.ID }
	s.products.id = func(p *product) *int64 { return &p.ID }
	s.orders.id = func(o *order) *int64 { return &o.ID }
	s.payments.id = func(p *payment) *int64 { return &p.number }
	s.files.id = func(f *file) *int64 { return &f.ID }
	s.webhooks.id = func(w *webhook) *int64 { return &w.ID }

	for _, u := range []user{
		{Email: "grace@shop.example", Name: "Grace", Phone: "+4420794600001", Role: "admin", Pin: "7391", Password: "correct-horse-battery"},
		{Email: "alice@mail.example", Name: "Alice", Phone: "+4420794600002", DateOfBirth: "1988-04-02", Role: "customer", Pin: "1234", Password: "sunshine1", StoreCredit: 2500},
		{Email: "bob@shop.example", Name: "Bob", Phone: "+4420794600003", Role: "staff", Pin: "2580", Password: "shop-floor-2023"},
		{Email: "mallory@mail.example", Name: "Mallory", Role: "customer", Pin: "6666", Password: "mallory-password"},
	} {
		u.PasswordHash, u.Password, u.CreatedAt = hash(u.Password), "", "2025-03-01T09:00:00Z"
		s.users.add(&u)
	}
	for _, p := range []product{
		{Name: "Espresso, 1 kg", Category: "coffee", Price: 2190, Stock: 40, CostPrice: 1130, Supplier: "Rostum Ltd"},
		{Name: "Filter roast, 500 g", Category: "coffee", Price: 1250, Stock: 60, CostPrice: 610, Supplier: "Rostum Ltd"},
		{Name: "Darjeeling, 100 g", Category: "tea", Price: 890, Stock: 80, CostPrice: 320, Supplier: "Leaf and Co"},
		{Name: "Sencha, 100 g", Category: "tea", Price: 990, Stock: 25, CostPrice: 410, Supplier: "Leaf and Co"},
		{Name: "Hand grinder", Category: "equipment", Description: "Steel burrs", Price: 6900, Stock: 10, CostPrice: 3900, Supplier: "Mola"},
		{Name: "Espresso machine", Category: "equipment", Description: "Two boilers", Price: 149900, Stock: 20, CostPrice: 98000, Supplier: "Mola"},
		{Name: "Moon roast, unreleased", Category: "coffee", Price: 3900, Stock: 5, CostPrice: 1500, Supplier: "Rostum Ltd", Hidden: true},
	} {
		s.products.add(&p)
	}
	s.orders.last = 1000
	for _, o := range []order{
		{Customer: Alice, Status: "paid", Lines: []line{{6, 1, 149900}}, Total: 149900, Margin: 51900, CreatedAt: "2025-05-11T14:30:00Z",
			ShipTo: &address{"4 Mill Lane", "Leeds", "LS1 4AP", "GB"}, Note: "please leave it with the neighbour", FraudNote: "score 12"},
		{Customer: Alice, Status: "open", Lines: []line{{3, 2, 890}}, Total: 1780, Margin: 1140, CreatedAt: "2025-06-02T08:15:00Z"},
		{Customer: Mallory, Status: "open", Lines: []line{{6, 1, 149900}}, Total: 149900, Margin: 51900, CreatedAt: "2025-06-03T20:45:00Z"},
		{Customer: Bob, Status: "sent", Lines: []line{{1, 1, 2190}}, Total: 2190, Margin: 1060, CreatedAt: "2025-06-04T07:00:00Z"},
		{Customer: Bob, Status: "load-test", Lines: []line{{1, 900, 0}}, CreatedAt: "2025-06-05T03:00:00Z", FraudNote: "do not ship, ask bob@shop.example"},
	} {
		s.orders.add(&o)
	}
	p := &payment{Order: 1001, Amount: 149900, Status: "paid", Card: card{"Alice", "4000000000000002", "2029-05", "123"}}
	s.payments.add(p)
	p.ID = uuid(p.number)
	for _, f := range []file{
		{Kind: "proof", Name: "passport.txt", Owner: Alice, Path: "/srv/shop/files/passport.txt", content: "PASSPORT 533401372 ALICE 02 APR 1988"},
		{Kind: "invoice", Name: "1003.txt", Owner: Mallory, Path: "/srv/shop/files/1003.txt", content: "Invoice of order 1003: 1499.00"},
	} {
		f.Size = int64(len(f.content))
		s.files.add(&f)
	}
	s.webhooks.add(&webhook{URL: "https://bob.example/orders", Events: []string{"order.created"}, Secret: "bobs-webhook-secret", Owner: Bob})
}
