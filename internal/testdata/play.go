package testdata

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

// Answer is what came back for one request of a row.
type Answer struct {
	Status int
	Code   string // of the gate's problem; "" for the API's answer
}

// Play writes the row to c, byte by byte when split is set, and reads an answer
// for each of its requests. After a refusal it looks whether the other side
// closed the connection, unless it was one of a well-formed request, after
// which others may follow. It closes c.
func (h Hostile) Play(c net.Conn, split bool) (got []Answer, closed bool, err error) {
	var sending sync.WaitGroup
	sending.Go(func() { h.send(c, split) })
	defer sending.Wait()
	defer c.Close()
	in := bufio.NewReader(c)
	for _, want := range h.Want {
		a, err := receive(in, want.Method)
		if err != nil {
			return got, false, fmt.Errorf("after %d answers: %w", len(got), err)
		}
		got = append(got, a)
	}
	if a := got[len(got)-1]; a.Code == "" || a.Code == "path-form" {
		return got, false, nil
	}
	_, err = in.ReadByte()
	return got, err != nil && !os.IsTimeout(err), nil
}

// send writes the row. It may be refused before its end, so that errors are of
// no interest.
func (h Hostile) send(c net.Conn, split bool) {
	if split {
		for i := range len(h.Sent) { // Go sets TCP_NODELAY
			if _, err := io.WriteString(c, h.Sent[i:i+1]); err != nil {
				return
			}
		}
	} else if _, err := io.WriteString(c, h.Sent); err != nil {
		return
	}
	if half, ok := c.(interface{ CloseWrite() error }); ok && h.Ends {
		half.CloseWrite()
	}
}

// receive reads one answer that is final.
func receive(in *bufio.Reader, method string) (a Answer, err error) {
	for a.Status < 200 {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return a, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return a, err
		}
		a = Answer{Status: res.StatusCode}
		if res.Header.Get("Content-Type") == "application/problem+json" {
			if err := json.Unmarshal(body, &a); err != nil || a.Status != res.StatusCode {
				return a, fmt.Errorf("%d with the problem %s: %v", res.StatusCode, body, err)
			}
		}
	}
	return a, nil
}
