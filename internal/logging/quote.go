package logging

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quote makes text safe for a terminal: each character that is neither printable nor a
// tab is written as in a Go string, `\x1b`. Further lines, such as of a stack trace,
// begin with a tab, so that none looks like a line of the log.
func Quote(text string) string {
	text = strings.TrimRight(text, "\n")
	if !strings.ContainsFunc(text, strange) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\n':
			b.WriteString("\n\t")
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0]), 16))
		case strange(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

func strange(r rune) bool { return r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError }
