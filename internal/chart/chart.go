// Package chart draws lines over an axis of loads into a picture, for tests that
// show in docs what they have measured. Only tests import it. It imports nothing
// of ours, and uses the standard library's pictures alone.
package chart

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
)

// Line is what was measured, one value for each place on the axis.
type Line struct {
	Name   string
	Color  color.Color
	Values []float64
}

// Panel is one diagram.
type Panel struct {
	Title  string
	Places []string // below the axis, at equal distances
	Top    float64  // of the scale, which begins at 0
	Lines  []Line
}

// Sizes in pixels.
const (
	width, height           = 560, 420
	left, right, upper, low = 70, 20, 90, 60
	scale                   = 2 // of letters, which are 3 by 5
	step                    = 4 * scale
	marks                   = 5 // on the scale
)

var (
	ink   = color.Gray{40}
	faint = color.Gray{220}
)

// Write draws the panels beside each other, as a PNG.
func Write(w io.Writer, panels ...Panel) error {
	img := image.NewPaletted(image.Rect(0, 0, width*len(panels), height), palette(panels))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for i := range panels {
		panels[i].draw(img, i*width)
	}
	return png.Encode(w, img)
}

func palette(panels []Panel) color.Palette {
	p := color.Palette{color.White, ink, faint}
	for i := range panels {
		for _, l := range panels[i].Lines {
			p = append(p, l.Color)
		}
	}
	return p
}

func (p *Panel) draw(img draw.Image, x0 int) {
	text(img, x0+left, 16, p.Title, ink)
	bottom, end := height-low, x0+width-right
	for i := range marks + 1 {
		y := bottom - i*(bottom-upper)/marks
		line(img, x0+left, y, end, y, 1, faint)
		label := strconv.FormatFloat(p.Top*float64(i)/marks, 'g', 4, 64)
		text(img, x0+left-10-step*len(label), y-5, label, ink)
	}
	at := func(i int) int { return x0 + left + 20 + i*(end-x0-left-40)/max(1, len(p.Places)-1) }
	for i, place := range p.Places {
		line(img, at(i), bottom, at(i), bottom+6, 1, ink)
		text(img, at(i)-step*len(place)/2, bottom+14, place, ink)
	}
	line(img, x0+left, upper, x0+left, bottom, 1, ink)
	line(img, x0+left, bottom, end, bottom, 1, ink)
	for n, l := range p.Lines {
		line(img, x0+left, 44+20*n, x0+left+30, 44+20*n, 3, l.Color)
		text(img, x0+left+40, 39+20*n, l.Name, ink)
		y := func(i int) int { return bottom - int(min(l.Values[i]/p.Top, 1)*float64(bottom-upper)) }
		for i := range l.Values {
			dot(img, at(i), y(i), 7, l.Color)
			if i > 0 {
				line(img, at(i-1), y(i-1), at(i), y(i), 3, l.Color)
			}
		}
	}
}

func dot(img draw.Image, x, y, size int, c color.Color) {
	draw.Draw(img, image.Rect(x-size/2, y-size/2, x+size-size/2, y+size-size/2), image.NewUniform(c), image.Point{}, draw.Src)
}

func line(img draw.Image, x0, y0, x1, y1, size int, c color.Color) {
	steps := int(max(math.Abs(float64(x1-x0)), math.Abs(float64(y1-y0)), 1))
	for i := range steps + 1 {
		dot(img, x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps, size, c)
	}
}

func text(img draw.Image, x, y int, s string, c color.Color) {
	for i, letter := range strings.ToUpper(s) {
		rows := letters[letter]
		for row := range rows {
			for column := range 3 {
				if (rows[row]-'0')>>(2-column)&1 == 1 {
					at := image.Rect(0, 0, scale, scale).Add(image.Pt(x+i*step+column*scale, y+row*scale))
					draw.Draw(img, at, image.NewUniform(c), image.Point{}, draw.Src)
				}
			}
		}
	}
}

// letters are 5 rows of 3 points, each row an octal digit.
var letters = map[rune]string{
	'A': "25755", 'B': "65656", 'C': "34443", 'D': "65556", 'E': "74647", 'F': "74644", 'G': "34553", 'H': "55755", 'I': "72227",
	'J': "11152", 'K': "55655", 'L': "44447", 'M': "57755", 'N': "65555", 'O': "75557", 'P': "75744", 'Q': "75573", 'R': "75765",
	'S': "34216", 'T': "72222", 'U': "55557", 'V': "55552", 'W': "55775", 'X': "55255", 'Y': "55222", 'Z': "71247",
	'0': "75557", '1': "26227", '2': "71747", '3': "71717", '4': "55711", '5': "74717", '6': "74757", '7': "71222", '8': "75757", '9': "75717",
	'.': "00002", ',': "00024", ':': "02020", '-': "00700", '/': "11244", '%': "51245", '(': "12221", ')': "42224", '+': "02720",
}
