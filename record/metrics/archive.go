package metrics

// Archive is how much of events is kept to be searched; nil where nothing is.
type Archive struct{ Bytes, Segments int64 }

var (
	archiveBytes    = Definition{"gatehouse_archive_bytes", Gauge, nil, "Bytes of the archive of events on disk, with its indexes."}
	archiveSegments = Definition{"gatehouse_archive_segments", Gauge, nil, "Segments of the archive of events."}
)

func (t *tally) archive(a *Archive) {
	t.add(&archiveBytes, float64(a.Bytes))
	t.add(&archiveSegments, float64(a.Segments))
}
