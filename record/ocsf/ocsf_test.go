package ocsf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// post is what becomes of a POST of 1 KiB.
var post = gate.Event{
	ID: gate.ID([]byte("01jd0000000000000000000000")), Time: time.Date(2031, 2, 3, 4, 5, 6, 7e6, time.UTC),
	API: "shop", Operation: "placeOrder", Method: "POST", Path: "/customers/{id}/orders", Outcome: gate.Passed, Status: 201, Version: "HTTP/1.1", Secure: true,
	Client: netip.MustParsePrefix("203.0.113.0/24"), BodyIn: 1024, BodyOut: 310, Took: 1500 * time.Microsecond, Upstream: time.Millisecond, SentTo: "http://127.0.0.1:9000",
}

func with(change func(e *gate.Event)) gate.Event {
	e := post
	change(&e)
	return e
}

// kinds are events of every kind that the gate knows.
func kinds() (list []gate.Event) {
	list = append(list, post, gate.Event{ID: post.ID, Time: post.Time, Method: "OTHER"}, gate.Event{ID: post.ID, Time: post.Time})
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY", "OTHER"} {
		list = append(list, with(func(e *gate.Event) { e.Method = m }))
	}
	for o := gate.Refused; o <= gate.Aborted; o++ {
		list = append(list, with(func(e *gate.Event) { e.Outcome = o }))
	}
	for c := range gate.Codes {
		for _, o := range []gate.Outcome{gate.Refused, gate.Failed, gate.Aborted} {
			list = append(list, with(func(e *gate.Event) {
				e.Outcome, e.Denied, e.Code, e.Status, e.Guard = o, true, c, c.Status(), "g"
				e.In, e.Name, e.Pointer, e.Keyword, e.Kind, e.Caller = "body", "n", "/a", "type", "order", 0x1f
			}))
		}
		list = append(list, with(func(e *gate.Event) { e.Mode, e.Would = gate.Observe, []gate.Code{gate.BodySchema, c} }))
	}
	for _, class := range append(classes(), "no-such") {
		for _, score := range []uint8{1, 60, 100} {
			f := gate.Finding{Class: class, Score: score, Reasons: [4]string{"one", "two"}}
			list = append(list, with(func(e *gate.Event) { e.Finding, e.Outcome, e.Denied, e.Code = f, gate.Refused, true, gate.Injection }),
				with(func(e *gate.Event) { e.Finding, e.Mode, e.Would = f, gate.Observe, []gate.Code{gate.Injection} }))
		}
	}
	for s := gate.NoAccept; s <= gate.Fingerprint; s <<= 1 {
		list = append(list, with(func(e *gate.Event) { e.Signals, e.JA4 = s|gate.NoAccept, "t13d1516h2_8daaf6152771_e5627efa2ab1" }))
	}
	list = append(list, with(func(e *gate.Event) { e.Trace, e.Span = [16]byte{1}, [8]byte{2} }),
		with(func(e *gate.Event) { e.Country = "DE" }), with(func(e *gate.Event) { e.Country, e.Client = "DE", netip.Prefix{} }),
		with(func(e *gate.Event) { e.Trimmed, e.Rules, e.Tries = 3, []string{"clerks", "rules.cedar#2"}, 2 }),
		with(func(e *gate.Event) {
			e.Client, e.Secure, e.Asked = netip.MustParsePrefix("2001:db8::/48"), false, "nginx"
		}))
	for _, end := range []gate.LoginEnd{gate.LoginWrong, gate.LoginRight} {
		list = append(list, with(func(e *gate.Event) { e.Login = end }),
			with(func(e *gate.Event) {
				e.Login, e.Principal, e.Account, e.Address, e.Client = end, gate.Pseudonym{1}, gate.Pseudonym{2}, gate.Pseudonym{3}, netip.Prefix{}
			}),
			with(func(e *gate.Event) { e.Login, e.Mode, e.Would = end, gate.Observe, []gate.Code{gate.LoginLocked} }))
	}
	for _, rule := range []string{"threshold", "first-seen", "absence"} {
		for _, severity := range []string{"informational", "low", "medium", "high", "critical", ""} {
			list = append(list, with(func(e *gate.Event) {
				*e = gate.Event{Act: gate.Alerted, ID: e.ID, Time: e.Time, API: e.API, Operation: e.Operation, Client: e.Client, Country: "DE", Caller: 0x1f, Denied: true, Code: gate.CredentialInvalid, Kind: "order", JA4: "t13d"}
				e.Finding.Class = "sql"
				e.Alert = &gate.Alert{Name: "guessing", Severity: severity, Rule: rule, Of: "caller", Count: 20, Window: time.Minute, Since: e.Time, Suppressed: 2, Events: []gate.ID{e.ID, e.ID}}
			}), gate.Event{Act: gate.Alerted, ID: post.ID, Time: post.Time, API: "shop", Principal: gate.Pseudonym{1}, Account: gate.Pseudonym{2}, Address: gate.Pseudonym{3}, Alert: &gate.Alert{Name: "quiet", Severity: severity, Rule: rule}},
				gate.Event{Act: gate.Alerted, ID: post.ID, Time: post.Time, API: "shop", Alert: &gate.Alert{Name: "over", Severity: severity, Rule: rule, Since: post.Time, Ends: post.ID}})
		}
	}
	for a := range gate.Acts {
		if a == gate.Exchanged {
			continue
		}
		list = append(list, gate.Event{ID: post.ID, Time: post.Time, Act: a, By: "k1", On: "k2", Why: "files changed: a", Number: 3}, gate.Event{Time: post.Time, Act: a}, gate.Event{ID: post.ID, Time: post.Time, Act: a, By: "k1", On: "k2", Number: 3, TakenUp: post.Time.Add(time.Hour)})
	}
	return list
}

// classes are those of attacks.
func classes() []string {
	return []string{"sql", "nosql", "ldap", "xpath", "command", "code", "template", "traversal", "xss", "xml", "ssi", "crlf", "log", "mail", "prototype", "deserialization", "redirect", "crs"}
}

// TestSchema holds every kind of event against the published schema.
func TestSchema(t *testing.T) {
	schema := testdata.LoadOCSF(t)
	seen := map[string]bool{}
	for _, o := range []*ocsf.Encoder{ocsf.New(""), ocsf.New("v1.2.3")} {
		for _, e := range kinds() {
			uids := map[string]bool{}
			for line := range bytes.Lines(o.Append(nil, &e)) {
				if faults := schema.Check(line); len(faults) > 0 {
					t.Fatalf("%s%s", line, strings.Join(faults, "\n"))
				}
				var said struct {
					ClassUID int `json:"class_uid"`
					Metadata struct {
						UID         string
						Correlation string `json:"correlation_uid"`
					}
				}
				if err := json.Unmarshal(line, &said); err != nil {
					t.Fatal(err)
				}
				seen[fmt.Sprint(said.ClassUID)] = true
				if m := said.Metadata; e.ID != (gate.ID{}) && (uids[m.UID] || m.UID == "" || m.Correlation != e.ID.String()) {
					t.Errorf("uid %q, correlation_uid %q", m.UID, m.Correlation)
				}
				uids[said.Metadata.UID] = true
			}
		}
	}
	for _, want := range []string{"1008", "2004", "3002", "3004", "6002", "6003"} {
		if !seen[want] {
			t.Errorf("no event of the class %s was held against the schema", want)
		}
	}
}

// TestSchemaFindsFaults plants faults of every kind that the checker looks for.
func TestSchemaFindsFaults(t *testing.T) {
	schema := testdata.LoadOCSF(t)
	good := string(ocsf.Append(nil, &post))
	bad := with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code = gate.Refused, true, gate.CredentialInvalid })
	login := strings.SplitAfter(string(ocsf.Append(nil, &bad)), "\n")[1]
	for name, row := range map[string][3]string{
		"required":         {good, `"severity_id":1,`, ``},
		"required-inner":   {good, `"operation":"placeOrder",`, ``},
		"unknown":          {good, `"duration":1`, `"durations":1`},
		"unknown-inner":    {good, `"body_length":1024`, `"body_size":1024`},
		"type-number":      {good, `"duration":1`, `"duration":"1"`},
		"type-fraction":    {good, `"code":201`, `"code":201.5`},
		"type-text":        {good, `"operation":"placeOrder"`, `"operation":1`},
		"type-boolean":     {login, `"is_remote":true`, `"is_remote":1`},
		"type-object":      {good, `"service":{"name":"shop"}`, `"service":"shop"`},
		"type-list":        {good, `"profiles":["security_control"]`, `"profiles":"security_control"`},
		"enumeration":      {good, `"severity_id":1`, `"severity_id":7`},
		"enumeration-text": {good, `"http_method":"POST"`, `"http_method":"BREW"`},
		"caption":          {good, `"status":"Success"`, `"status":"Luck"`},
		"other":            {strings.Replace(good, `"type_uid":600301`, `"type_uid":600399`, 1), `"activity_id":1`, `"activity_id":99`},
		"constraint":       {good, `"user":{"name":"unknown","type_id":0}`, `"user":{"type_id":0}`},
		"constraint-event": {login, `,"service":{"name":"shop"}`, ``},
		"type-uid":         {good, `"type_uid":600301`, `"type_uid":600302`},
		"category":         {good, `"category_uid":6`, `"category_uid":3`},
		"class":            {good, `"class_uid":6003`, `"class_uid":6999`},
		"class-name":       {good, `"class_name":"API Activity"`, `"class_name":"API"`},
		"version":          {good, `"version":"1.8.0"`, `"version":"1.7.0"`},
		"profile":          {good, `,"profiles":["security_control"]`, ``},
		"profile-unknown":  {good, `["security_control"]`, `["security_control","incident"]`},
		"deprecated":       {good, `"actor":{`, `"actor":{"invoked_by":"x",`},
		"pattern":          {good, `"http_request":{`, `"http_request":{"x_forwarded_for":["nowhere"],`},
		"range":            {good, `"src_endpoint":{`, `"src_endpoint":{"port":65536,`},
		"syntax":           {good, `}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			if faults := schema.Check([]byte(row[0])); name != "other" && len(faults) > 0 {
				t.Fatal(faults)
			}
			planted := strings.Replace(row[0], row[1], row[2], 1)
			if planted == row[0] {
				t.Fatal("nothing was planted")
			}
			if faults := schema.Check([]byte(planted)); len(faults) == 0 {
				t.Errorf("not found: %s", planted)
			} else {
				t.Log(faults)
			}
		})
	}
}

// TestLines says which lines tell of an event.
func TestLines(t *testing.T) {
	for name, row := range map[string]struct {
		e    gate.Event
		want []string
	}{
		"passed":     {post, []string{"API Activity"}},
		"nobody":     {with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code = gate.Refused, true, gate.CredentialMissing }), []string{"API Activity"}},
		"credential": {with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code = gate.Refused, true, gate.CredentialExpired }), []string{"API Activity", "Authentication"}},
		"watched":    {with(func(e *gate.Event) { e.Would = []gate.Code{gate.BodySchema, gate.LoginLocked} }), []string{"API Activity", "Authentication"}},
		"attack":     {with(func(e *gate.Event) { e.Finding.Class = "sql" }), []string{"API Activity", "Detection Finding"}},
		"bot":        {with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code = gate.Refused, true, gate.BotSuspected }), []string{"API Activity", "Detection Finding"}},
		"signals":    {with(func(e *gate.Event) { e.Signals = gate.Headless }), []string{"API Activity", "Detection Finding"}},
		"started":    {gate.Event{Act: gate.Started, ID: post.ID}, []string{"Application Lifecycle"}},
		"reloaded":   {gate.Event{Act: gate.Reloaded, ID: post.ID}, []string{"Entity Management"}},
		"alert":      {gate.Event{Act: gate.Alerted, ID: post.ID}, []string{"Detection Finding"}},
		"lost":       {gate.Event{Act: gate.Lost}, []string{"Event Log Activity"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for line := range bytes.Lines(ocsf.Append(nil, &row.e)) {
				var said struct {
					Class string `json:"class_name"`
				}
				if err := json.Unmarshal(line, &said); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				got = append(got, said.Class)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// TestVerdicts says what the profile security_control and the severity become.
func TestVerdicts(t *testing.T) {
	refused := func(c gate.Code) gate.Event {
		return with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code, e.Status = gate.Refused, true, c, c.Status() })
	}
	failed := func(c gate.Code) gate.Event {
		return with(func(e *gate.Event) { e.Outcome, e.Denied, e.Code, e.Status = gate.Failed, true, c, c.Status() })
	}
	attack := gate.Finding{Class: "sql", Score: 90}
	for name, row := range map[string]struct {
		e    gate.Event
		want string
	}{
		"passed":      {post, "Success Allowed Allowed 1"},
		"not-found":   {with(func(e *gate.Event) { e.Status = 404 }), "Failure Allowed Allowed 1"},
		"schema":      {refused(gate.BodySchema), "Failure Denied Blocked 2"},
		"credential":  {refused(gate.CredentialMissing), "Failure Denied Unauthorized 2"},
		"scope":       {refused(gate.ScopeMissing), "Failure Denied Unauthorized 2"},
		"field":       {refused(gate.FieldDenied), "Failure Denied Unauthorized 2"},
		"limit":       {refused(gate.LimitExceeded), "Failure Denied Blocked 2"},
		"store-away":  {refused(gate.OwnerUnavailable), "Failure Denied Error 2"},
		"challenge":   {refused(gate.ChallengeRequired), "Failure Denied Challenge 2"},
		"answer":      {failed(gate.AnswerSchema), "Failure Denied Blocked 3"},
		"unreachable": {failed(gate.UpstreamUnreachable), "Failure Allowed Error 3"},
		"gone":        {with(func(e *gate.Event) { e.Outcome, e.Status = gate.Aborted, 0 }), "Failure Aborted Aborted 1"},
		"watched":     {with(func(e *gate.Event) { e.Would = []gate.Code{gate.BodySchema} }), "Success Observed Detected 2"},
		"trimmed":     {with(func(e *gate.Event) { e.Trimmed = 1 }), "Success Modified Allowed 1"},
		"would-trim":  {with(func(e *gate.Event) { e.Trimmed, e.Mode = 1, gate.Observe }), "Success Allowed Allowed 1"},
		"attack": {with(func(e *gate.Event) {
			e.Outcome, e.Denied, e.Code, e.Finding = gate.Refused, true, gate.Injection, attack
		}), "Failure Denied Blocked 3"},
		"attack-in":    {with(func(e *gate.Event) { e.Finding, e.Would = attack, []gate.Code{gate.Injection} }), "Success Observed Detected 4"},
		"answered-out": {with(func(e *gate.Event) { e.Outcome, e.Status = gate.Replied, 204 }), "Success Allowed Allowed 1"},
	} {
		t.Run(name, func(t *testing.T) {
			var said struct {
				Status, Action, Disposition string
				Severity                    int `json:"severity_id"`
			}
			if err := json.NewDecoder(bytes.NewReader(ocsf.Append(nil, &row.e))).Decode(&said); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(said.Status, " ", said.Action, " ", said.Disposition, " ", said.Severity); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	b := make([]byte, 0, 16<<10)
	for _, e := range kinds() {
		if n := testing.AllocsPerRun(10, func() { b = ocsf.Append(b[:0], &e) }); n != 0 {
			t.Fatalf("%v allocations: %s", n, b)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	line := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		line = ocsf.Append(line[:0], &post)
	}
}
