// Command bare is what a REST answer is measured against: Fiber with nothing of
// WeER around it, that sends the bytes of a file at /, or a 304 at /304.
//
//	bare FILE [CONTENT-ENCODING]
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/gofiber/fiber/v2"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("bare FILE [CONTENT-ENCODING]")
	}
	body, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/", func(c *fiber.Ctx) error {
		if len(args) > 1 {
			c.Set(fiber.HeaderContentEncoding, args[1])
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Response().SetBodyRaw(body)
		return nil
	})
	app.Get("/304", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNotModified) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + ln.Addr().String())
	return app.Listener(ln)
}
