package client_test

import (
	"context"
	"fmt"
	"time"

	"weer/api/client"
	"weer/model/feed"
)

func Example() {
	url, stop := exampleServer() // yours: http://127.0.0.1:8080 after "make run"
	defer stop()

	c, err := client.New(client.Options{URLs: []string{url}, Token: client.DemoToken(url)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()

	seoul := c.Follow("region:11")
	for change := range seoul.Changes(ctx) {
		if change.Link != feed.Live {
			continue // never show as live what is not proved
		}
		for _, e := range seoul.Board() {
			fmt.Printf("%s %s\n", e.Key, e.Value)
		}
		break
	}
	cancel()
	<-ended
	// Output:
	// A1100001/er {"er.general":{"state":"known","value":3,"total":20}}
	// A1100001/hospital {"name":"경희대학교병원"}
}
