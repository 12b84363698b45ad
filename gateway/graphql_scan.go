package gateway

import "strings"

// scanned is what a scan finds in a query before it is parsed.
type scanned struct {
	text                        []byte // with long lines broken: graphql-go takes the square of a line's length to locate an error
	tokens, nesting, word, line int
	lines                       []int
}

// scan counts the tokens of a query, the depth of its brackets and the length of its words and lines.
func scan(query string) scanned {
	s := scanned{text: []byte(query), lines: []int{0}}
	depth, start, word := 0, 0, 0
	for i := 0; i < len(query); i++ {
		ch := query[i]
		if isWord(ch) {
			if word++; word == 1 {
				s.tokens++
			}
			s.word = max(s.word, word)
			continue
		}
		word = 0
		switch ch {
		case '{', '[', '(':
			s.tokens++
			depth++
			s.nesting = max(s.nesting, depth)
		case '}', ']', ')':
			s.tokens++
			depth = max(0, depth-1)
		case ':', '!', '=', '|', '@', '&', '$':
			s.tokens++
		case '#':
			for i+1 < len(query) && query[i+1] != '\n' && query[i+1] != '\r' {
				i++
			}
			start = i
		case '"':
			s.tokens++
			end := endOfText(query, i)
			s.word = max(s.word, end-i-1)
			i = end
		case ' ', ',':
			if i-start > maxQueryLine {
				s.text[i] = '\n'
				s.line, start = max(s.line, i-start), i+1
			}
		case '\n', '\r':
			if ch == '\r' && i+1 < len(query) && query[i+1] == '\n' {
				i++
			}
			s.line, start = max(s.line, i-start), i+1
			s.lines = append(s.lines, i+1)
		}
	}
	s.line = max(s.line, len(query)-start)
	return s
}

func isWord(ch byte) bool {
	return ch == '_' || ch == '.' || ch == '-' || ch == '+' || ch >= 0x80 || '0' <= ch && ch <= '9' || 'a' <= ch|0x20 && ch|0x20 <= 'z'
}

// endOfText returns the offset of the closing quote of the text that begins at from.
func endOfText(query string, from int) int {
	if strings.HasPrefix(query[from:], `"""`) {
		for i := from + 3; i < len(query); i++ {
			if strings.HasPrefix(query[i:], `\"""`) {
				i += 3
			} else if strings.HasPrefix(query[i:], `"""`) {
				return i + 2
			}
		}
		return len(query)
	}
	for i := from + 1; i < len(query); i++ {
		switch query[i] {
		case '\\':
			i++
		case '"', '\n', '\r':
			return i
		}
	}
	return len(query)
}
