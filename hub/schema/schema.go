// Package schema holds frames of weer.v1 against the protocol's document. It is
// for tests: whoever sends or receives real frames passes them through [Check].
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"weer/hub"
)

// A Direction tells who sent a frame.
type Direction string

// The directions.
const (
	Client Direction = "client"
	Server Direction = "server"
)

// operations of the document, by who sends.
var operations = map[Direction]string{Client: "hear", Server: "tell"}

// Check returns an error when the frame is none that the document lets this
// side send. The error says where and why, and quotes the frame.
func Check(from Direction, frame []byte) error {
	all, err := compiled()
	if err != nil {
		return err
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(frame, &head); err != nil {
		return fmt.Errorf("%w: %.200q", err, frame)
	}
	sch, ok := all[from][head.Type]
	if !ok {
		return fmt.Errorf("a %s sends no frame of type %q: %.200q", from, head.Type, frame)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("%w: %.200q", err, frame)
	}
	if err := sch.Validate(value); err != nil {
		return fmt.Errorf("%s frame: %w: %.500q", head.Type, err, frame)
	}
	return nil
}

type schemas map[Direction]map[string]*jsonschema.Schema

var compiled = sync.OnceValues(func() (schemas, error) {
	var doc struct {
		Operations map[string]struct {
			Messages []struct {
				Ref string `json:"$ref"`
			} `json:"messages"`
		} `json:"operations"`
	}
	c, raw, err := compiler()
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		return nil, err
	}
	out := schemas{Client: {}, Server: {}}
	for from, operation := range operations {
		for _, m := range doc.Operations[operation].Messages {
			name := path.Base(m.Ref)
			if out[from][name], err = c.Compile(document + "#/components/schemas/" + name); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
})

const document = "weer.v1.yaml"

func compiler() (*jsonschema.Compiler, []byte, error) {
	raw, err := yaml.YAMLToJSON(hub.Document)
	if err != nil {
		return nil, nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	return c, raw, c.AddResource(document, doc)
}
