package serve

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/sink/kafka"
)

// TestCodecs finds each compression of gatehouse.yaml under its number.
func TestCodecs(t *testing.T) {
	want := map[config.KafkaCompression]kafka.Codec{"none": kafka.None, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.LZ4, "zstd": kafka.Zstd}
	for _, name := range config.KafkaCompression("").Words() {
		n, known := want[config.KafkaCompression(name)]
		if !known || codec(config.KafkaCompression(name)) != n {
			t.Error(name)
		}
	}
}
