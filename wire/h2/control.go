package h2

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

const (
	defaultWindow = 65535     // RFC 9113 section 6.9.2
	mostWindow    = 1<<31 - 1 // RFC 9113 section 6.9.1
)

// welcome says what this server takes. It needs mu.
func (c *conn) welcome() {
	l := &c.shared.Limits
	c.acks++
	const settings = 4
	o := c.frameTo(http2.FrameSettings, 0, 0, settings*6)
	for _, s := range [settings]http2.Setting{
		{ID: http2.SettingMaxConcurrentStreams, Val: maxStreams},
		{ID: http2.SettingInitialWindowSize, Val: streamWindow},
		{ID: http2.SettingMaxHeaderListSize, Val: uint32(l.HeadBytes)},
		{ID: http2.SettingNoRFC7540Priorities, Val: 1}, // RFC 9218 section 2.1
	} {
		o.b = binary.BigEndian.AppendUint16(o.b, uint16(s.ID))
		o.number(s.Val)
	}
	c.windowUpdate(0, connWindow-defaultWindow)
	if c.greeted = true; c.leaving == announced {
		c.announce()
	}
}

// takeSettings obeys the client's settings (RFC 9113 section 6.5).
func (c *conn) takeSettings(f *http2.SettingsFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.IsAck() {
		if c.acks == 0 {
			return fault(http2.ErrCodeProtocol, "SETTINGS were acknowledged that were not sent")
		}
		c.acks--
		return nil
	}
	if c.settled {
		if err := c.chat(); err != nil {
			return err
		}
	}
	c.settled = true
	if err := f.ForeachSetting(c.setting); err != nil {
		return err
	}
	c.frameTo(http2.FrameSettings, http2.FlagSettingsAck, 0, 0)
	return nil
}

// setting obeys one setting. It needs mu.
func (c *conn) setting(s http2.Setting) error {
	if err := s.Valid(); err != nil {
		code := http2.ErrCodeProtocol
		if s.ID == http2.SettingInitialWindowSize {
			code = http2.ErrCodeFlowControl
		}
		return fault(code, "a setting is out of its bounds")
	}
	switch s.ID {
	case http2.SettingHeaderTableSize:
		c.shrunk = c.shrunk || s.Val < tableBytes
	case http2.SettingInitialWindowSize:
		delta := int64(s.Val) - c.initial
		c.initial = int64(s.Val)
		for _, st := range c.open {
			if st.send += delta; st.send > mostWindow {
				return fault(http2.ErrCodeFlowControl, "a setting makes a window overflow")
			}
			wake(st.room)
		}
	}
	return nil // our frames are never larger than any client must take
}

// takePing answers (RFC 9113 section 6.7).
func (c *conn) takePing(f *http2.PingFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.IsAck() {
		if c.leaving == announced && f.Data == parted {
			c.leave()
		}
		return c.chat()
	}
	o := c.frameTo(http2.FramePing, http2.FlagPingAck, 0, 8)
	o.b = append(o.b, f.Data[:]...)
	return c.chat()
}

// takeWindow widens a window for what is sent (RFC 9113 section 6.9).
func (c *conn) takeWindow(f *http2.WindowUpdateFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.StreamID == 0 {
		if c.send += int64(f.Increment); c.send > mostWindow {
			return fault(http2.ErrCodeFlowControl, "the window of the connection overflows")
		}
		c.wakeAll()
		return c.chat()
	}
	s := c.find(f.StreamID)
	switch {
	case s != nil:
		if s.send += int64(f.Increment); s.send > mostWindow {
			return c.reset(s, http2.ErrCodeFlowControl, errMisuse)
		}
		wake(s.room)
	case c.unopened(f.StreamID):
		return fault(http2.ErrCodeProtocol, "WINDOW_UPDATE for a stream that was not opened")
	}
	return c.chat()
}

// takePriority ignores what it says (RFC 9113 section 5.3.2), but for a stream
// that would wait for itself.
func (c *conn) takePriority(f *http2.PriorityFrame) error {
	if f.StreamDep == f.StreamID {
		return c.misuse(f.StreamID, http2.ErrCodeProtocol)
	}
	return c.chat()
}

// takeReset ends a stream (RFC 9113 section 6.4).
func (c *conn) takeReset(f *http2.RSTStreamFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.find(f.StreamID)
	if s == nil {
		if c.unopened(f.StreamID) {
			return fault(http2.ErrCodeProtocol, "RST_STREAM for a stream that was not opened")
		}
		return c.chat()
	}
	if s.ended { // the answer was complete
		c.kill(s, errGone)
		return c.chat()
	}
	c.kill(s, errGone)
	return c.tire()
}

// misuse answers an error of one stream, which may be closed.
func (c *conn) misuse(id uint32, code http2.ErrCode) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.find(id); s != nil {
		return c.reset(s, code, errMisuse)
	}
	if c.unopened(id) {
		return fault(code, "a frame for a stream that was not opened is malformed")
	}
	c.rst(id, code)
	return c.tire()
}
