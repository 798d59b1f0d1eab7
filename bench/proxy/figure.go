//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
)

// noisy is how far the measure itself may be off its median before a round
// counts as noisy.
const noisy = 0.30

// tooBusy is the share of the machine beyond which latencies at a fixed rate
// say more of the machine than of a proxy.
const tooBusy = 0.70

// series is one figure, a value for each round; NaN where there is none.
type series []float64

// known are the values that are there, in order.
func (s series) known() []float64 {
	list := slices.DeleteFunc(slices.Clone(s), math.IsNaN)
	slices.Sort(list)
	return list
}

// median is that of the known values, NaN without any.
func (s series) median() float64 {
	list := s.known()
	n := len(list)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return list[n/2]
	}
	return (list[n/2-1] + list[n/2]) / 2
}

// over divides round by round, so that what slowed both down in one round does
// not count.
func (s series) over(base series) series {
	list := make(series, min(len(s), len(base)))
	for i := range list {
		list[i] = s[i] / base[i]
	}
	return list
}

// outliers are the rounds whose value is off the median by more than noisy.
func (s series) outliers() (rounds []int) {
	m := s.median()
	for i, v := range s {
		if math.Abs(v-m) > noisy*m { // false for NaN
			rounds = append(rounds, i+1)
		}
	}
	return rounds
}

// show writes the median and, in brackets, the least and the most.
func (s series) show(format string) string {
	list := s.known()
	if len(list) == 0 {
		return "–"
	}
	text := fmt.Sprintf(format, s.median())
	if len(list) > 1 {
		text += fmt.Sprintf(" ["+format+"–"+format+"]", list[0], list[len(list)-1])
	}
	return text
}

// percentile is the value below which the share p of the sorted values lies.
func percentile[T any](sorted []T, p float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[min(int(math.Ceil(p*float64(len(sorted))))-1, len(sorted)-1)]
}
