package racefile

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"lightsout/cmd/internal/cli"
)

// Tree is a race file as it was read: maps, lists, texts, truths and json.Numbers.
type Tree map[string]any

// bytesMax bounds a file. The largest setup is drive.SetupBytesMax as JSON.
const bytesMax = 8 << 20

// Read reads a file of one object, YAML or JSON.
func Read(path string) (Tree, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	t, err := Decode(data)
	if err != nil {
		return nil, cli.BadInput("%s: %w", path, err)
	}
	return t, nil
}

// Decode decodes one object of YAML or JSON.
func Decode(data []byte) (Tree, error) {
	if len(data) > bytesMax {
		return nil, fmt.Errorf("has %d bytes: allowed are %d", len(data), bytesMax)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if n.Kind == 0 { // an empty file gives nothing
		return Tree{}, nil
	}
	v, err := value(n.Content[0])
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return Tree{}, nil
	case map[string]any:
		return v, nil
	default:
		return nil, fmt.Errorf("holds %v: allowed is an object with fields", v)
	}
}

func value(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if _, twice := out[key.Value]; twice || key.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("line %d: the key %q is there twice, or no name", key.Line, key.Value)
			}
			v, err := value(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			out[key.Value] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, one := range n.Content {
			v, err := value(one)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.ScalarNode:
		return scalar(n)
	default:
		return nil, fmt.Errorf("line %d: aliases are not allowed", n.Line)
	}
}

func scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!int", "!!float":
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil && !strings.ContainsAny(n.Value, "_xX+nNiI") {
			return json.Number(n.Value), nil
		}
		return n.Value, nil // a way to write numbers that JSON does not have: refused as a text
	case "!!null":
		return nil, nil
	case "!!bool":
		var is bool
		err := n.Decode(&is)
		return is, err
	default:
		return n.Value, nil
	}
}

// Set sets a field by its path: model.pace.noise_s, entries.0.pace_s. What it changes is copied, so that trees may share the rest.
func (t Tree) Set(path string, v any) (Tree, error) {
	out, err := set(map[string]any(t), strings.Split(path, "."), v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out.(map[string]any), nil
}

func set(in any, path []string, v any) (any, error) {
	if len(path) == 0 {
		return v, nil
	}
	switch in := in.(type) {
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(in) {
			return nil, fmt.Errorf("%q is no item of a list of %d: allowed are 0 to %d", path[0], len(in), len(in)-1)
		}
		out := slices.Clone(in)
		out[i], err = set(in[i], path[1:], v)
		return out, err
	case nil, map[string]any:
		out := map[string]any{}
		was, _ := in.(map[string]any)
		for k, v := range was {
			out[k] = v
		}
		one, err := set(out[path[0]], path[1:], v)
		out[path[0]] = one
		return out, err
	default:
		return nil, fmt.Errorf("%v has no field %s", in, path[0])
	}
}

// Get returns a field by its path; nil if it is not there.
func (t Tree) Get(path string) any {
	var at any = map[string]any(t)
	for _, name := range strings.Split(path, ".") {
		switch in := at.(type) {
		case map[string]any:
			at = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			at = in[i]
		default:
			return nil
		}
	}
	return at
}
