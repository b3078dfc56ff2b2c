package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
)

// corsAge is how long a browser may keep the answer to a preflight, in seconds.
const corsAge = 600

// crossOrigin lets pages of the named origins use the REST API. They send their
// token in a header, so no credentials of the browser's go along.
func crossOrigin(origins []string) fiber.Handler {
	return cors.New(cors.Config{
		AllowOrigins:  strings.Join(origins, ","),
		AllowMethods:  "GET,POST,PUT,PATCH,DELETE",
		AllowHeaders:  strings.Join([]string{fiber.HeaderAuthorization, fiber.HeaderContentType, keyHeader, fiber.HeaderIfMatch, fiber.HeaderIfNoneMatch}, ","),
		ExposeHeaders: strings.Join([]string{fiber.HeaderETag, fiber.HeaderLocation, fiber.HeaderRetryAfter, fiber.HeaderXRequestID, "Idempotency-Replayed", verifiedHeader, stateHeader}, ","),
		MaxAge:        corsAge,
	})
}
