package direct

// Receiver reads from sockets of which it tells at the same time whether there
// is more, so that nobody has to read once more to find out. Its zero value is
// ready. One goroutine at a time may use it; it must not be moved meanwhile.
type Receiver struct{ message }
