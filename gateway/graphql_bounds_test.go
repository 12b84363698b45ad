package gateway_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestGraphQL_AnswersWithSoManyValuesAtOnce: one query can ask for the same under many names.
func TestGraphQL_AnswersWithSoManyValuesAtOnce(t *testing.T) {
	s := mustTrace(t)
	ask := func(names int, of string) string {
		var q strings.Builder
		for i := range names {
			fmt.Fprintf(&q, " a%d: %s", i, of)
		}
		body, err := json.Marshal(map[string]string{"query": `{ race(id: "r1") {` + q.String() + ` } }`})
		if err != nil {
			t.Fatal(err)
		}
		_, _, answer := s.ask(t, "POST", "/graphql", string(body))
		return answer
	}
	for name, of := range map[string]string{
		"telemetry":    "telemetry(points: 5000) { timeMs speed throttle nGear lapNumber distance x y }",
		"telemetry, 2": "telemetry(points: 5000) { samples }",
		"compare":      `compare(a: "7:1", b: "9:1", step: 1) { distance deltaMs a { timeMs speed throttle nGear } }`,
	} {
		if answer := ask(1, of); strings.Contains(answer, `"errors"`) {
			t.Errorf("%s: once: %.500s", name, answer)
		}
		names := 45
		if strings.HasSuffix(name, "2") {
			names = 240
		}
		if answer := ask(names, of); !strings.Contains(answer, "1000000 values") {
			t.Errorf("%s: %d times: %.300s", name, names, answer)
		}
	}
}
