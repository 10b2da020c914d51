package regmap_test

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"asue/collector/regmap"
	"asue/metering"
)

type vectorFile struct {
	Cases []vector `yaml:"cases"`
}

type vector struct {
	What      string   `yaml:"what"`
	Register  string   `yaml:"register"`
	Words     []uint16 `yaml:"words"`
	CT        string   `yaml:"ct"`
	VT        string   `yaml:"vt"`
	Value     float64  `yaml:"value"`
	Count     int64    `yaml:"count"`
	Step      int64    `yaml:"step"`
	Secondary bool     `yaml:"secondary"`
	Quality   string   `yaml:"quality"`
	Number    *float64 `yaml:"number"`
	Text      string   `yaml:"text"`
	Time      string   `yaml:"time"`
	Exponent  int      `yaml:"exponent"`
	OneWay    bool     `yaml:"one_way"`
}

func library(t testing.TB) *regmap.Library {
	t.Helper()
	l, err := regmap.Load()
	if err != nil {
		t.Fatalf("models:\n%v", err)
	}
	return l
}

// Every model brings the words of its meter and what they mean, both ways.
func TestVectors(t *testing.T) {
	lib := library(t)
	if n := len(lib.IDs()); n < 25 {
		t.Errorf("%d models, want at least 25", n)
	}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, f := range files {
		named = append(named, strings.TrimSuffix(filepath.Base(f), ".yaml"))
	}
	if !slices.Equal(named, lib.IDs()) {
		t.Fatalf("vectors of %v\nmodels %v", named, lib.IDs())
	}
	for _, id := range lib.IDs() {
		t.Run(id, func(t *testing.T) {
			m, _ := lib.Model(id)
			src, err := os.ReadFile(filepath.Join("testdata", id+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			var f vectorFile
			if err := yaml.UnmarshalWithOptions(src, &f, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			if len(f.Cases) < 6 {
				t.Errorf("%d cases, want at least 6", len(f.Cases))
			}
			for _, c := range f.Cases {
				if err := c.check(m); err != nil {
					t.Errorf("%s: %v: %v", c.Register, c.What, err)
				}
			}
		})
	}
}

func (c vector) check(m *regmap.Model) error {
	r, ok := m.Register(c.Register)
	if !ok {
		return fmt.Errorf("no such register")
	}
	b := alone(r)
	if c.Number != nil || c.Text != "" || c.Time != "" {
		return c.checkRaw(b)
	}
	ct, vt := ratioOf(c.CT), ratioOf(c.VT)
	readings, err := regmap.Decode(b, within(b, c.Words, c.Exponent), ct, vt)
	if err != nil || len(readings) != 1 {
		return fmt.Errorf("readings %v, error %w", readings, err)
	}
	got := readings[0]
	quality := metering.Good
	if c.Quality != "" {
		if quality, ok = metering.QualityOf(c.Quality); !ok {
			return fmt.Errorf("no quality %q", c.Quality)
		}
	}
	if got.Quality != quality || (quality != metering.Good) != (got.Reason != "") {
		return fmt.Errorf("quality %v (%s), want %v", got.Quality, got.Reason, quality)
	}
	if want := (metering.Count{Raw: c.Count, Step: c.Step, Secondary: c.Secondary}); got.Count != want {
		return fmt.Errorf("count %+v, want %+v", got.Count, want)
	}
	if math.Abs(got.Value-c.Value) > 1e-12*math.Abs(c.Value) {
		return fmt.Errorf("value %v, want %v", got.Value, c.Value)
	}
	if c.OneWay {
		return nil
	}
	words := make([]uint16, r.Words())
	encode(r, got, c.Exponent, ct, vt, words)
	if !slices.Equal(words, c.Words) {
		return fmt.Errorf("encoded %04X, want %04X", words, c.Words)
	}
	return nil
}

func (c vector) checkRaw(b regmap.Block) error {
	values, err := regmap.Raw(b, within(b, c.Words, c.Exponent))
	if err != nil {
		return err
	}
	v, ok := values[c.Register]
	if c.Time != "" {
		if !ok || v.String() != c.Time {
			return fmt.Errorf("raw %+v, want the time %s", v, c.Time)
		}
		words := make([]uint16, len(c.Words))
		if regmap.EncodeClock(b.Registers[0], v.Time, words); !slices.Equal(words, c.Words) {
			return fmt.Errorf("encoded %04X, want %04X", words, c.Words)
		}
		return nil
	}
	if !ok || v.Missing || v.Text != c.Text || c.Number != nil && math.Abs(v.Number-*c.Number) > 1e-9 {
		return fmt.Errorf("raw %+v", v)
	}
	if !b.Registers[0].Expected(v) {
		return fmt.Errorf("%v is not what the model expects", v)
	}
	return nil
}

// alone is the read of one register, from its scale factor on if that lies before
// it, and to that if it lies behind.
func alone(r *regmap.Register) regmap.Block {
	first, end := r.Address, r.Address+uint16(r.Words())
	if x := r.Exponent; x != nil {
		first, end = min(first, x.Address), max(end, x.Address+1)
	}
	return regmap.Block{Function: r.Function, Address: first, Count: end - first, Group: r.Group, Registers: []*regmap.Register{r}}
}

// within are the words of a block of one register that holds value, with x in its
// scale factor.
func within(b regmap.Block, value []uint16, x int) []uint16 {
	r := b.Registers[0]
	if r.Exponent == nil {
		return value
	}
	words := make([]uint16, b.Count)
	copy(words[b.Offset(r):], value)
	words[r.Exponent.Address-b.Address] = uint16(int16(x))
	return words
}

// encode writes what a simulator would to get this reading. A count becomes the
// least energy at the primary side that completes it, where an energy can hold it.
func encode(r *regmap.Register, got metering.Reading, x int, ct, vt metering.Ratio, dst []uint16) {
	cn, cd := ct.Factor()
	vn, vd := vt.Factor()
	if !got.Count.Secondary {
		cn, cd, vn, vd = 1, 1, 1, 1
	}
	milli := new(big.Int).Mul(big.NewInt(got.Count.Raw), big.NewInt(got.Count.Step))
	milli.Mul(milli, big.NewInt(cn*vn)).Add(milli, big.NewInt(cd*vd-1)).Div(milli, big.NewInt(cd*vd))
	switch {
	case !got.Quality.HasValue():
		regmap.Encode(r, regmap.Value{Missing: true}, ct, vt, dst)
	case got.Count.Step > 0 && !milli.IsInt64():
		regmap.EncodeCount(r, got.Count.Raw, dst)
	default:
		regmap.Encode(r, regmap.Value{Float: got.Value, MilliUnits: milli.Int64(), Exponent: x}, ct, vt, dst)
	}
}

func ratioOf(s string) metering.Ratio {
	prim, sec, ok := strings.Cut(s, "/")
	if !ok {
		return metering.Ratio{}
	}
	p, err1 := strconv.ParseInt(prim, 10, 64)
	q, err2 := strconv.ParseInt(sec, 10, 64)
	if err1 != nil || err2 != nil {
		panic("BUG: ratio " + s)
	}
	return metering.Ratio{Primary: p, Secondary: q}
}
