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

// A board from REST is there at once, the socket goes on from it, and what a
// command came to is shown before the socket brings it.
func ExampleREST() {
	url, stop := exampleServer() // yours: http://127.0.0.1:8080 after "make run"
	defer stop()

	token := client.DemoToken(url) // or client.SignIn(login, password, url).Token
	rest, err := client.NewREST(client.RESTOptions{URLs: []string{url}, Token: token})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(client.Options{URLs: []string{url}, Token: token})
	if err != nil {
		fmt.Println(err)
		return
	}
	board, err := rest.Board(context.Background(), "11")
	if err != nil {
		fmt.Println(err)
		return
	}
	seoul := c.FollowFrom(board) // c.Run(ctx) makes it live
	fmt.Println(len(seoul.Board()), "keys at", seoul.Cursor().Seq)
	// Output:
	// 2 keys at 2
}
