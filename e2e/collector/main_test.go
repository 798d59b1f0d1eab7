package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestWithoutTheGate sends the receiver one record of a log, and something that
// is none.
func TestWithoutTheGate(t *testing.T) {
	said, listens := io.Pipe()
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(listens), zap.InfoLevel))
	received, out := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, log, out) }()
	b := make([]byte, 4<<10)
	n, err := said.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, said)
	_, rest, _ := strings.Cut(string(b[:n]), `"endpoint":"`)
	address, _, _ := strings.Cut(rest, `"`)
	send := func(text string) int {
		answer, err := http.Post("http://"+address+"/v1/logs", "application/json", strings.NewReader(text))
		if err != nil {
			t.Error(err)
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := send("{"); status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
	go send(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"said"}}]}]}]}`)
	if n, err = received.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "logs ") || !strings.Contains(string(b[:n]), `"said"`) {
		t.Errorf("%s %v", b[:n], err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
