package std_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// mirror is an upstream that answers with what it was sent.
type mirror struct{}

func (mirror) Send(_ context.Context, x *gate.Exchange) error {
	var fields []string
	for _, f := range x.Fields {
		if !f.Gone {
			fields = append(fields, string(f.Name)+"="+string(f.Value))
		}
	}
	sort.Strings(fields)
	body := x.OutBody
	if x.Intake.Mode == gate.Stream && x.Incoming != nil {
		body, _ = io.ReadAll(x.Incoming)
	}
	text := fmt.Sprintf("%s %s %s %s secure=%v peer=%v %s body=%s", x.Method, x.OutTarget, x.Version, x.Host, x.Secure, x.Peer.IsValid(), strings.Join(fields, ","), body)
	x.Answer = gate.Answer{Status: 200, Length: int64(len(text)), Body: io.NopCloser(strings.NewReader(text))}
	return nil
}

// TestHandler runs the gate in a server that is not ours.
func TestHandler(t *testing.T) {
	leak.Check(t)
	for _, kind := range []string{"http-1", "http-2"} {
		h := stage.New(t, mirror{})
		s := httptest.NewUnstartedServer(std.Handler(h.Gate, std.Limits{Fields: 20}))
		s.EnableHTTP2 = kind == "http-2"
		version := "HTTP/1.1"
		if s.EnableHTTP2 {
			version = "HTTP/2.0"
		}
		s.StartTLS()
		t.Cleanup(s.Close)
		c := s.Client()
		for _, row := range []struct {
			name, method, target, body string
			fields                     int
			status                     int
			want                       string
		}{
			{"get", "GET", "/get?a=%2F", "", 0, 200, "GET /get?a=%2F " + version + " " + s.Listener.Addr().String() + " secure=true peer=true"},
			{"post", "POST", "/buffer", "hello", 0, 200, "body=hello"},
			{"stream", "POST", "/stream", "hello", 0, 200, "body=hello"},
			{"field", "GET", "/get", "", 1, 200, "X-0=v"},
			{"refused", "GET", "/private", "", 0, 401, `"code":"credential-missing"`},
			{"trace", "TRACE", "/get", "", 0, 405, ""},
			{"too-many-fields", "GET", "/get", "", 21, 431, "fields-too-large"},
			{"target-too-long", "GET", "/" + strings.Repeat("a", 9000), "", 0, 414, "target-too-long"},
		} {
			t.Run(kind+"-"+row.name, func(t *testing.T) {
				var body io.Reader
				if row.body != "" {
					body = strings.NewReader(row.body)
				}
				r, err := http.NewRequest(row.method, s.URL+row.target, body)
				if err != nil {
					t.Fatal(err)
				}
				for i := range row.fields {
					r.Header.Set(fmt.Sprint("X-", i), "v")
				}
				res, err := c.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != row.status || !strings.Contains(string(b), row.want) {
					t.Errorf("%d %q (%v), want %d %q", res.StatusCode, b, err, row.status, row.want)
				}
			})
		}
	}
}

// broken is an upstream whose answer breaks off.
type broken struct{}

func (broken) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer = gate.Answer{Status: 200, Length: -1, Body: io.NopCloser(io.MultiReader(strings.NewReader("part"), failing{}))}
	return nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHandlerCutsABrokenAnswer(t *testing.T) {
	leak.Check(t)
	h := stage.New(t, broken{})
	s := httptest.NewServer(std.Handler(h.Gate, std.Limits{}))
	t.Cleanup(s.Close)
	res, err := s.Client().Get(s.URL + "/get")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("a broken answer is whole to the client")
	}
	if e := h.Event(0); e.Outcome != gate.Aborted {
		t.Errorf("outcome %v", e.Outcome)
	}
}
