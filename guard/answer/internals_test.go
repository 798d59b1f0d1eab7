package answer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// internals are errors as programs print them.
var internals = []string{
	"panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d",
	`{"error":"boom","stack":"goroutine 34 [running]:\nmain.f()"}`,
	"Traceback (most recent call last):\n  File \"/app/views.py\", line 12, in get\nKeyError: 'x'",
	`{"detail":"File \"views.py\", line 3, in get"}`,
	"java.lang.NullPointerException\n\tat com.shop.OrderService.find(OrderService.java:42)",
	`{"trace":"at com.shop.Orders$1.run(Orders.kt:7)"}`,
	"TypeError: Cannot read properties of undefined\n    at /srv/app/index.js:10:5",
	`{"stack":"Error\n    at Object.<anonymous> (index.js:1:7)"}`,
	"System.NullReferenceException: x\n   at Shop.Orders.Get() in C:\\build\\Orders.cs:line 33",
	"Fatal error: Uncaught Exception in /var/www/html/index.php on line 3",
	"app/controllers/orders_controller.rb:12:in `show'",
	"SQLSTATE[42000]: Syntax error", "ORA-00942: table or view does not exist", `ERROR: syntax error at or near "'"`,
	"You have an error in your SQL syntax; check the manual",
	"open /etc/shop/secret.yaml: permission denied", `{"file":"/usr/share/shop/x"}`, "file:///opt/x",
	`{"file":"\/var\/www\/html\/index.php"}`, `{"trace":"boom\n/srv/shop/run"}`, `{"at":"\/app\/views.py"}`,
	`{"path":"C:\\inetpub\\wwwroot\\web.config"}`,
	"<hr><center>nginx/1.18.0</center>", "<address>Apache/2.4.41 (Ubuntu) Server at shop</address>",
}

// harmless are errors that users are meant to read.
var harmless = []string{
	"", "busy", "The order was not found.", `{"message":"A product with this name exists already."}`,
	`{"error":"not_found","path":"/orders/12"}`, `{"type":"https://shop.example/home/errors#stock","title":"Not enough in stock"}`,
	"Meet us at (the bar) at 10:30.", "Your session ended on line 3 of the form.", "Use version 1.2 of the API.",
	"<html><body><h1>409 Conflict</h1></body></html>", `{"code":409,"at":"2026-01-01T10:00:00Z"}`, "see /docs/errors",
}

// TestInternals: errors that are kept pass unless they show how the API is
// made.
func TestInternals(t *testing.T) {
	s := newStage(t, describe(things), keep)
	for _, text := range internals {
		s.call("GET", lie{status: 409, fields: typed("text/plain"), body: text})
		if s.event.Code != gate.AnswerInternals || strings.Contains(s.body, text) {
			t.Errorf("passes: %s", text)
		}
	}
	for _, text := range harmless {
		s.call("GET", lie{status: 409, fields: typed("text/plain"), body: text})
		if s.event.Code != 0 || s.body != text {
			t.Errorf("is taken for an internal: %s", text)
		}
	}
}

// TestHostileErrors: the look for internals takes linear time.
func TestHostileErrors(t *testing.T) {
	s := newStage(t, describe(things), keep)
	for _, text := range []string{"at a.", "in ", "File \"", "/home", "C:\\a", "ORA-1", "goroutine 1", "/app/a."} {
		begin := time.Now()
		s.call("GET", lie{status: 409, fields: typed("text/plain"), body: strings.Repeat(text, 1<<20/len(text))})
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%q takes %v for 1 MiB", text, took)
		}
	}
}
