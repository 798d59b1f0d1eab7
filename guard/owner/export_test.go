package owner

import "context"

// Await waits until the store was read, or ctx ends.
func (k *Keeper) Await(ctx context.Context) {
	select {
	case <-k.reads:
	case <-ctx.Done():
	}
}

// Flush waits for what is being written.
func (k *Keeper) Flush() { k.writers.Wait() }
