package testdata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Reset is the code of a stream that was reset as malformed without an answer,
// which RFC 9113 section 8.1.1 allows.
const Reset = "reset"

// PlayStream sends the row on the first stream of an HTTP/2 connection and reads
// its answer. It closes c.
func (h Hostile) PlayStream(c net.Conn) (a Answer, err error) {
	defer c.Close()
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		return a, err
	}
	s := &stream{framer: http2.NewFramer(c, c), decoder: hpack.NewDecoder(4096, nil)}
	s.framer.AllowIllegalWrites = true
	s.encoder = hpack.NewEncoder(&s.block)
	if err := s.framer.WriteSettings(); err != nil {
		return a, err
	}
	s.send(h)
	for !s.done {
		if err := s.receive(); err != nil {
			return s.answer, err
		}
	}
	if s.kind == "application/problem+json" {
		err = json.Unmarshal(s.body.Bytes(), &s.answer)
	}
	return s.answer, err
}

// stream is the one stream of a connection.
type stream struct {
	framer  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder

	answer Answer
	kind   string // the content type
	body   bytes.Buffer
	done   bool
}

// send writes the row. It may be refused before its end, so that errors are of
// no interest.
func (s *stream) send(h Hostile) {
	ends := len(h.Data) == 0 && len(h.Trailer) == 0
	s.fields(h.Head, ends)
	for i, d := range h.Data {
		s.framer.WriteData(1, i == len(h.Data)-1 && len(h.Trailer) == 0, []byte(d))
	}
	if len(h.Trailer) > 0 {
		s.fields(h.Trailer, true)
	}
}

// fields writes a field block in as many frames as it takes.
func (s *stream) fields(list [][2]string, ends bool) {
	s.block.Reset()
	for _, f := range list {
		s.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	part := s.block.Next(16 << 10)
	s.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: part, EndStream: ends, EndHeaders: s.block.Len() == 0})
	for s.block.Len() > 0 {
		part := s.block.Next(16 << 10)
		s.framer.WriteContinuation(1, s.block.Len() == 0, part)
	}
}

// receive reads one frame.
func (s *stream) receive() error {
	frame, err := s.framer.ReadFrame()
	if err != nil {
		return err
	}
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return s.framer.WriteSettingsAck()
		}
	case *http2.HeadersFrame:
		list, err := s.decoder.DecodeFull(f.HeaderBlockFragment())
		if err != nil {
			return err
		}
		for _, field := range list {
			switch field.Name {
			case ":status":
				s.answer.Status, err = strconv.Atoi(field.Value)
			case "content-type":
				s.kind = field.Value
			}
		}
		s.done = f.StreamEnded() && s.answer.Status >= 200
		return err
	case *http2.DataFrame:
		s.body.Write(f.Data())
		s.done = f.StreamEnded()
	case *http2.RSTStreamFrame:
		if f.ErrCode != http2.ErrCodeProtocol {
			return fmt.Errorf("reset: %v", f.ErrCode)
		}
		if s.done = true; s.answer.Status == 0 {
			s.answer.Code = Reset
		}
	case *http2.GoAwayFrame:
		return fmt.Errorf("the connection ends: %v", f.ErrCode)
	}
	return nil
}
