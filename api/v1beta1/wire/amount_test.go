package wire

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		milli, whole int64
	}{
		`0`:                    {0, 0},
		`4000`:                 {4000000, 4000},
		`-7`:                   {-7000, -7},
		`67108864`:             {67108864000, 67108864},
		`9000000000000000`:     {9000000000000000000, 9000000000000000},
		`9223372036854775807`:  {math.MaxInt64, math.MaxInt64}, // 8 EiB less one byte: a quota may say so
		`-9223372036854775808`: {math.MinInt64, math.MinInt64},
		`9223372036854776`:     {math.MaxInt64, 9223372036854776},
		`"0.29"`:               {290, 0}, // 0.29 * 1000 is less than 290 in floating point
		`"1.001"`:              {1001, 1},
		`"1.5"`:                {1500, 1},
		`"2"`:                  {2000, 2},
		`"+2"`:                 {2000, 2},
		`"2."`:                 {2000, 2},
		`".5"`:                 {500, 0},
		`"-0.5"`:               {-500, 0},
		`"1e3"`:                {1000000, 1000},
		`"5E-1"`:               {500, 0},
		`"0.0009"`:             {0, 0}, // truncated; a Quantity would round up
		`"1.9999"`:             {1999, 1},
		`"1e-300"`:             {0, 0},
		`"00010"`:              {10000, 10},
		`"-9000000000000000"`:  {-9000000000000000000, -9000000000000000},
	} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		back, err := json.Marshal(a)
		if a.Milli() != want.milli || a.Whole() != want.whole || err != nil || string(back) != text {
			t.Errorf("%s: %d/1000, %d, written as %s (%v)", text, a.Milli(), a.Whole(), back, err)
		}
		if a.String() != strings.Trim(text, `"`) {
			t.Errorf("%s: String is %s", text, a)
		}
	}
}

// What is refused, and how the error helps.
func TestAmountErrors(t *testing.T) {
	t.Parallel()
	const plain = `is not a plain number: write cores as "0.25" and bytes as 67108864, without a suffix`
	const neither = `is neither an integer nor text: write a fraction as text, such as "1.5"`
	for text, want := range map[string]string{
		`"250m"`:               `"250m" ` + plain,
		`"64Mi"`:               `"64Mi" ` + plain,
		`"abc"`:                `"abc" ` + plain,
		`""`:                   `"" ` + plain,
		`" 1"`:                 `" 1" ` + plain,
		`"inf"`:                `"inf" ` + plain,
		`"NaN"`:                `"NaN" ` + plain,
		`"0x10"`:               `"0x10" ` + plain,
		`"1_0"`:                `"1_0" ` + plain,
		`"1,5"`:                `"1,5" ` + plain,
		`"1e300"`:              `"1e300" is out of range: write at most 9e+15`,
		`"1e400"`:              `"1e400" ` + plain,
		`"9000000000000001"`:   `"9000000000000001" is out of range: write at most 9e+15`,
		`9223372036854775808`:  `9223372036854775808 ` + neither,
		`1.5`:                  `1.5 ` + neither,
		`1e3`:                  `1e3 ` + neither,
		`99999999999999999999`: `99999999999999999999 ` + neither,
		`true`:                 `true ` + neither,
		`{}`:                   `{} ` + neither,
		`[1]`:                  `[1] ` + neither,
	} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Every number of thousandths survives as text.
func TestMilliIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1e9, 1e9).Draw(t, "thousandths")
		whole, rest, sign := n/1000, n%1000, ""
		if n < 0 {
			whole, rest, sign = -whole, -rest, "-"
		}
		text := sign + itoa(whole) + "." + pad(itoa(rest))
		var a Amount
		if err := a.UnmarshalJSON([]byte(`"` + text + `"`)); err != nil {
			t.Fatal(err)
		}
		if a.Milli() != n {
			t.Fatalf("%s is %d thousandths, want %d", text, a.Milli(), n)
		}
		if i := IntAmount(n); i.Milli() != 1000*n || i.Whole() != n || i.Float() != float64(n) {
			t.Fatalf("%d is %d thousandths, %d whole, %g", n, i.Milli(), i.Whole(), i.Float())
		}
	})
}

func itoa(n int64) string { return IntAmount(n).String() }

func pad(digits string) string { return strings.Repeat("0", 3-len(digits)) + digits }

// A list's errors name the resource; a null amount is an absent one.
func TestResourceList(t *testing.T) {
	t.Parallel()
	var l ResourceList
	if err := json.Unmarshal([]byte(`{"cpu":"0.5","memory":null,"pods":3}`), &l); err != nil {
		t.Fatal(err)
	}
	if len(l) != 2 || l["cpu"].Milli() != 500 || l["pods"].Whole() != 3 {
		t.Errorf("%v", l)
	}
	err := json.Unmarshal([]byte(`{"memory":"64Mi"}`), &l)
	if err == nil || !strings.HasPrefix(err.Error(), `resource memory: "64Mi" is not a plain number`) {
		t.Errorf("%v", err)
	}
	for range 20 { // of several faults always the same one is reported
		err := json.Unmarshal([]byte(`{"z":"x","memory":"64Mi","cpu":"250m"}`), &l)
		if err == nil || !strings.HasPrefix(err.Error(), `resource cpu: `) {
			t.Fatalf("%v", err)
		}
	}
	for _, text := range []string{`[]`, `"cpu"`, `1`} {
		if err := json.Unmarshal([]byte(text), &l); err == nil {
			t.Errorf("%s is read as %v", text, l)
		}
	}
	l = nil
	if err := json.Unmarshal([]byte(`null`), &l); err != nil || l != nil {
		t.Errorf("null: %v, %v", l, err)
	}
}

// FuzzAmount: what is read is written in the same form, and has a value in range.
func FuzzAmount(f *testing.F) {
	for _, text := range []string{`1`, `"0.29"`, `"1e3"`, `-0`, `"+.5"`, `"1e-400"`, `"\u0031"`, `9e15`, `""`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a Amount
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		if f := a.Float(); !a.IsInt() && (f > AmountLimit || f < -AmountLimit) || f != f {
			t.Errorf("%s is %g", text, f)
		}
		if whole := a.Whole(); whole <= AmountLimit && whole >= -AmountLimit && whole != a.Milli()/1000 {
			t.Errorf("%s is %d, and %d thousandths", text, a.Whole(), a.Milli())
		}
		written, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Amount
		if err := json.Unmarshal(written, &back); err != nil || back != a {
			t.Errorf("%s is written as %s and read as %v (%v)", text, written, back, err)
		}
	})
}
