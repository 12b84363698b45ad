package gateway_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// repeated writes a format n times, each with its number.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+" ", i)
	}
	return b.String()
}

func (s *served) query(t testing.TB, query string) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	code, _, answer := s.ask(t, "POST", "/graphql", string(body))
	return code, answer
}

// dear are queries of up to 16 kB that cost much for their length, each with the reason why it is refused, or "" if it is
// answered.
func dear() map[string][2]string {
	chain := func(head string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range 40 {
			fmt.Fprintf(&b, "fragment F%d on Race { ...F%d ...F%d } ", i, i+1, i+1)
		}
		return b.String() + "fragment F40 on Race { id }"
	}
	again := strings.Repeat
	return map[string][2]string{
		"a nested list":             {`{ races(status: ` + again("[", 1900) + again("]", 1900) + `) { id } }`, "tokens"},
		"nested brackets":           {`{ races(status: ` + again("[", 100) + again("]", 100) + `) { id } }`, "nested"},
		"brackets that never close": {again("{a", 900), "nested"},
		"a nested value":            {`{ races(status: [[[["x"]]]]) { id } }`, "nested deeper than 3"},
		"a nested object":           {`{ races(status: {a: {b: {c: {d: 1}}}}) { id } }`, "nested deeper than 3"},
		"a nested default":          {`query($a: Int = [[[[1]]]]) { races { id } }`, "nested deeper than 3"},
		"a long list":               {`{ race(id: "r1") { telemetry(cars: [` + again("7 ", 101) + `]) { x } } }`, "list of 101"},
		"many arguments":            {`{ race(` + repeated(21, "a%d: 1") + `) { id } }`, "21 arguments"},
		"an argument twice":         {`{ race(id: "r1", id: "r1") { id } }`, `twice at one place`},
		"many directives":           {`{ races { id` + again(" @skip(if: false)", 5) + ` } }`, "5 directives"},
		"many variables":            {`query(` + repeated(51, "$v%d: Int") + `) { races { id } }`, "51 variables"},
		"many operations":           {repeated(51, "query Q%d { races { id } }"), "51 operations"},
		"a field many times":        {`{ races { ` + again("id ", 251) + `} }`, "too wide"},
		"fields that are not asked": {`{ races { id } } fragment F on Race { ` + again("id ", 251) + `}`, "too wide"},
		"names":                     {`{ races { ` + repeated(251, "a%d: id") + `} }`, "too wide"},
		"fragments in each other":   {chain(`{ race(id: "r1") { ...F0 } } `), "too wide"},
		"fragments of themselves":   {`{ race(id: "r1") { ...A } } fragment A on Race { ...A ...B } fragment B on Race { ...A ...B }`, "too wide"},
		"a type that is missing":    {`query($a:) { races { id } }`, "type of a variable"},
		"a deep query":              {`{` + again("a{", 9) + "b" + again("}", 9) + `}`, "too deep"},
		"types of types of types":   {`{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`, "of the schema"},
		"types under many names":    {`{ __schema { types { fields { args { ` + repeated(245, "a%d: name") + `} } } } }`, "of the schema"},
		"a long text":               {`{ race(id: "` + again("a", 501) + `") { id } }`, "501 characters"},
		"a long name":               {`{ ` + again("a", 501) + ` }`, "501 characters"},
		"a text without an end":     {`{ race(id: """` + again("a", 15_000), "characters"},
		"a line without a space":    {`{` + again(again("a", 400)+":", 30) + `}`, "without a space"},
		"unknown fields":            {`{ races { ` + repeated(240, "laip%d") + `} }`, ""},
		"unknown fields far down":   {again("\n", 8_000) + `{ races { ` + repeated(240, "laip%d") + `} }`, ""},
		"unknown arguments":         {`{ ` + repeated(120, "a%d: races(statu: 1) { id }") + `}`, ""},
		"wrong values":              {`mutation { ` + again(`controlRace(id: "x", action: boom) { id } `, 120) + `}`, ""},
		"unused fragments":          {chain(`{ races { id } } `), ""},
		"unknown races":             {`{ ` + repeated(120, `a%d: race(id: "none") { id }`) + `}`, ""},
		"comments":                  {again("#\n", 7_000) + `{ races { id } }`, ""},
		"commas":                    {again(",", 15_000) + `{ races { id } }`, ""},
		"a fault in a long line":    {`{ races { ` + again("id ", 240) + again(",", 14_000) + `}`, ""},
		"types under names":         {`{ __schema { types { ` + repeated(240, "a%d: name") + `} } }`, ""},
	}
}

func TestGraphQL_RefusesExpensiveQueriesBeforeRunningThem(t *testing.T) {
	s := mustServe(t, nil)
	for name, test := range dear() {
		query, says := test[0], test[1]
		code, answer := s.query(t, query)
		switch {
		case says != "" && (code != http.StatusBadRequest || !strings.Contains(answer, says)):
			t.Errorf("%s: %d %.300s", name, code, answer)
		case says == "" && (code != http.StatusOK || len(answer) > 400_000):
			t.Errorf("%s: %d, %d bytes: %.300s", name, code, len(answer), answer)
		}
	}
	nested := `{"query":"query($a: String){races(status:$a){id}}","variables":{"a":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}}`
	if code, _, answer := s.ask(t, "POST", "/graphql", nested); code != http.StatusBadRequest || !strings.Contains(answer, "too deep") {
		t.Errorf("a nested variable: %d %.300s", code, answer)
	}
	long := fmt.Sprintf(`{"query":"{races{id}}","variables":{"a":%q}}`, strings.Repeat("a", 70_000))
	if code, _, answer := s.ask(t, "POST", "/graphql", long); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long variable: %d %.300s", code, answer)
	}
}

func TestGraphQL_LocatesErrorsByLineAndColumn(t *testing.T) {
	s := mustServe(t, nil)
	for query, want := range map[string]string{
		"{ races { id\n  naim } }":       `"locations":[{"line":2,"column":3}]`,
		"{ races { id\r\n\r\n naim } }":  `"locations":[{"line":3,"column":2}]`,
		"{ races {\n id } }\n}":          `"line":3`,
		"{ a: races { id } }":            `"a":[{"id"`,
		"{\n race(id: \"none\") { id }}": `"locations":[{"line":2,"column":2}]`,
	} {
		if _, answer := s.query(t, query); !strings.Contains(answer, want) {
			t.Errorf("%q: %s, expected %s", query, answer, want)
		}
	}
}

// One query can ask for the same field under many names.
func TestGraphQL_BoundsTheSizeOfAnAnswer(t *testing.T) {
	s := mustTrace(t)
	for name, of := range map[string]string{
		"telemetry": "telemetry(points: 5000) { timeMs speed throttle nGear lapNumber distance x y }",
		"compare":   `compare(a: "7:1", b: "9:1", step: 1) { distance deltaMs a { timeMs speed throttle nGear } }`,
	} {
		ask := func(names int) string {
			_, answer := s.query(t, `{ race(id: "r1") {`+strings.Join(strings.Split(repeated(names, "a%d: "+of), "\n"), " ")+`} }`)
			return answer
		}
		if answer := ask(1); strings.Contains(answer, `"errors"`) {
			t.Errorf("%s: once: %.500s", name, answer)
		}
		answer := ask(26)
		if !strings.Contains(answer, "4194304 bytes") || !strings.Contains(answer, "TOO_MUCH") || len(answer) > 4<<20 {
			t.Errorf("%s: 26 times: %.300s", name, answer)
		}
		if !strings.Contains(answer, `:[{"`) && !strings.Contains(answer, `:{"a":`) {
			t.Errorf("%s: what had room is not answered: %.300s", name, answer)
		}
	}
}

// A short answer may cost much.
func TestGraphQL_BoundsTheWorkOfAQuery(t *testing.T) {
	s := mustTrace(t)
	for field, limit := range map[string]int{
		"laps { position }": 60, "passings(limit: 1) { seq }": 30, `compare(a: "7:1", b: "9:1", step: 1000) { deltaMs }`: 18,
	} {
		for names, refused := range map[int]bool{limit: false, limit + 5: true} {
			_, answer := s.query(t, `{ race(id: "r1") {`+repeated(names, "a%d: "+field)+`} }`)
			if strings.Contains(answer, "TOO_MUCH") != refused {
				t.Errorf("%d times %s: %.300s", names, field, answer)
			}
		}
	}
}

// Lists are written by plans instead of graphql-go, by the same rules.
func TestGraphQL_ListsHoldTheSelectedFields(t *testing.T) {
	s := mustServe(t, nil)
	for query, want := range map[string]string{
		`{ race(id: "r1") { entries { a: driverNumber b: driverNumber nameAcronym } } }`:                                                                                      `"entries":[{"a":7,"b":7,"nameAcronym":"AAA"},`,
		`{ race(id: "r1") { entries { __typename transponders pitLaneStart } } }`:                                                                                             `"entries":[{"__typename":"Entries","transponders":[],"pitLaneStart":false},`,
		`{ race(id: "r1") { entries { ...F driverNumber ... on Entries { gridPosition } } } } fragment F on Entries { gridPosition ...G } fragment G on Entries { fullName }`: `"entries":[{"gridPosition":1,"fullName":"","driverNumber":7},`,
		`query($no: Boolean = false) { race(id: "r1") { entries { driverNumber @include(if: $no) nameAcronym @skip(if: $no) gridPosition @skip(if: true) } } }`:               `"entries":[{"nameAcronym":"AAA"},`,
		`{ race(id: "r1") { classification { classification { position } classification { laps } } } }`:                                                                       `"classification":{"classification":[{"position":1,"laps":3},`,
		`{ race(id: "r1") { classification { classification { __typename durationMs } status } } }`:                                                                           `"classification":[{"__typename":"Classified","durationMs":270000},{"__typename":"Classified","durationMs":null}],"status":"final"`,
		`{ races { id laps { a: lapDuration } } }`:                                                                                                                            `{"id":"r1","laps":[{"a":90},`,
		`{ a: race(id: "r1") { laps(position: 2) { lapNumber } } b: race(id: "r1") { x: laps(fromLap: 2) { lapNumber passing } } }`:                                           `"a":{"laps":[{"lapNumber":1}]},"b":{"x":[{"lapNumber":2,"passing":"0"}]}`,
		`{ race(id: "r1") { results { version recordedAt timeUs } } }`:                                                                                                        `"results":[{"version":1,"recordedAt":"1970-01-01T00:00:00Z","timeUs":60000000}]`,
		`{ race(id: "r1") { telemetry(cars: [99]) { x } id } }`:                                                                                                               `{"id":"r1","telemetry":null}`,
		`{ race(id: "r1") { difference(from: 1, to: 1) { from changes { fields { field from to } } } } }`:                                                                     `"difference":{"from":1,"changes":[]}`,
	} {
		if code, got := s.query(t, query); code != http.StatusOK || !strings.Contains(got, want) {
			t.Errorf("%s: %d %.400s: %s is missing", query, code, got, want)
		}
	}
}

// introspection is the query that tools send, as graphql-js writes it.
const introspection = `query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
	types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
	fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
	inputFields { ...InputValue } interfaces { ...TypeRef }
	enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

func TestGraphQL_AnswersTheStandardIntrospectionQuery(t *testing.T) {
	s := mustServe(t, nil)
	code, answer := s.query(t, introspection)
	if code != http.StatusOK || strings.Contains(answer, `"errors"`) || !strings.Contains(answer, `"name":"penalise"`) {
		t.Errorf("%d %.500s", code, answer)
	}
}

func TestGraphQL_GetRunsTheNamedOperation(t *testing.T) {
	s := mustServe(t, nil)
	const queries = "/graphql?query=query%20A{races{id}}%20query%20B{circuits{key}}&operationName="
	for name, want := range map[string]string{"A": `"races":[`, "B": `"circuits":[`} {
		if code, _, answer := s.ask(t, "GET", queries+name, ""); code != http.StatusOK || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %.300s", name, code, answer)
		}
	}
}

func TestGraphQL_RefusesPagesOfOtherHosts(t *testing.T) {
	s := mustServe(t, nil)
	for _, headers := range [][]string{{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		for _, path := range []string{"/graphql?query={races{id}}", "/GraphQL?query={races{id}}", "/graphql/?query={races{id}}"} {
			if code, _, answer := s.ask(t, "GET", path, "", headers...); code != http.StatusForbidden {
				t.Errorf("%v %s: %d %s", headers, path, code, answer)
			}
		}
	}
	if code, _, answer := s.ask(t, "GET", "/graphql?query={races{id}}", "", "Sec-Fetch-Site", "same-origin"); code != http.StatusOK {
		t.Errorf("from our own page: %d %s", code, answer)
	}
}

func TestGraphQL_StopsReadingWhenTheClientDisconnects(t *testing.T) {
	s := mustServe(t, nil)
	s.mu.Lock()
	s.stalled, s.released = make(chan struct{}), make(chan struct{})
	s.mu.Unlock()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"query":"{ race(id: \"r1\") { laps { position } } }"}`
	fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	<-s.stalled // the laps are being read
	_ = conn.Close()
	select {
	case <-s.released:
	case <-time.After(patience):
		t.Fatal("it is still being read")
	}
}

func BenchmarkGraphQL_Dear(b *testing.B) {
	for name, test := range dear() {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			s := mustServe(b, nil)
			for b.Loop() {
				s.query(b, test[0])
			}
		})
	}
}

// FuzzGraphQL sends any query. None ends in an internal error.
func FuzzGraphQL(f *testing.F) {
	for _, test := range dear() {
		f.Add(test[0])
	}
	f.Add(introspection)
	f.Add(`query($a:) { races { id } }`)
	f.Add(`query Q($a: String = "x", $b: [Int!]) { race(id: $a) { ...F @skip(if: false) telemetry(cars: $b) { x } } } fragment F on Race { id }`)
	s := mustServe(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		if !utf8.ValidString(query) {
			t.Skip("JSON has no such text")
		}
		if code, answer := s.query(t, query); code >= 500 || len(answer) > 4<<20 {
			t.Errorf("%q: %d, %d bytes: %.300s", query, code, len(answer), answer)
		}
	})
}
