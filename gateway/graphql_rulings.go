package gateway

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/gateway/body"
	"lightsout/race"
)

// rulingMutations are the flags, penalties, corrections and result of REST: the same fields in camel case, read by the same code.
// Numbers of up to 64 bits may be given as text.
func (s *Server) rulingMutations() graphql.Fields {
	ruled := graphql.NewObject(graphql.ObjectConfig{Name: "Ruled", Fields: fieldsOf(ruledDTO{})})
	shape := shapeOf("Ruled", reflect.TypeFor[ruledDTO]())
	mutation := func(action, about string, read ruling, names ...string) *graphql.Field {
		args := graphql.FieldConfigArgument{"id": {Type: graphql.NewNonNull(graphql.String)}}
		for _, name := range append(names, "author", "reason", "time_us", "date") {
			args[camel(name)] = &graphql.ArgumentConfig{Type: rulingArgs[name]}
		}
		return &graphql.Field{Type: ruled, Description: about, Args: args, Resolve: s.objectResolver(shape, s.auditedField(
			func(graphql.ResolveParams) string { return action },
			func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) { return s.ruleByArgs(c, p, read) }))}
	}
	return graphql.Fields{
		"showFlag": mutation(actFlag, "One of "+strings.Join(flagWords, ", ")+".", readFlag, "flag", "sector", "lap"),
		"penalise": mutation(actPenalty, "Kind is one of "+strings.Join(penaltyWords, ", ")+".", readPenalty,
			"kind", "driver_number", "amount_ms", "lap", "of", "passing"),
		"correct": mutation(actCorrection, "Kind is one of "+strings.Join(correctionWords, ", ")+".", readCorrection,
			"kind", "of", "driver_number", "line", "at_us", "lap", "transponder", "all", "decoder", "session", "offset_us", "started_at"),
		"declareResult": mutation(actResult, "Makes the result final.", readDeclaration),
	}
}

// rulingArgs are the arguments of rulings with their types.
var rulingArgs = map[string]graphql.Input{
	"flag": graphql.String, "sector": graphql.Int, "lap": graphql.Int, "kind": graphql.String, "driver_number": graphql.Int,
	"amount_ms": graphql.Int, "of": graphql.String, "line": graphql.Int, "at_us": graphql.String, "transponder": graphql.String,
	"decoder": graphql.String, "offset_us": graphql.String, "author": graphql.String, "reason": graphql.String,
	"time_us": graphql.String, "date": graphql.String, "passing": graphql.String, "session": graphql.String, "all": graphql.Boolean,
	"started_at": graphql.String,
}

// numbersAsText are the arguments whose 64-bit numbers are given as text.
var numbersAsText = map[string]bool{"of": true, "at_us": true, "offset_us": true, "time_us": true, "passing": true}

func (s *Server) ruleByArgs(c *fiber.Ctx, p graphql.ResolveParams, read ruling) (any, error) {
	id := idArg(p)
	roster, err := s.deps.Ingest.Roster(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for name := range rulingArgs {
		v, given := p.Args[camel(name)]
		text, isText := v.(string)
		switch {
		case !given:
		case name == "all":
			fields[name] = v
		case !isText || numbersAsText[name]:
			if fields[name] = json.Number(fmt.Sprint(v)); isText {
				fields[name] = json.Number(text)
			}
		default:
			fields[name] = text
		}
	}
	var faults []race.Fault
	f := body.NewObject(fields, nil, &faults)
	rec := readRuling(f, roster, read)
	if f.End(); faults != nil {
		return nil, &race.InvalidError{Faults: faults}
	}
	return s.record(c, id, roster, rec)
}
