// Command records-app is a business application that keeps its records itself
// and lets Handover move those of a leaver: an example of the call that
// docs/records-connector.md describes, and of the webhook of docs/webhooks.md, in
// the standard library alone.
//
// Its flags make it misbehave, so that one can see Handover cope:
//
//	RECORDS_APP_KEY=secret records-app --cert cert.pem --key key.pem --fail-every 3
package main

import (
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := run(); err != nil {
		log.Fatal("records-app: ", err)
	}
}

func run() error {
	var trouble mischief
	listen := flag.String("listen", "127.0.0.1:8443", "where it answers")
	file := flag.String("file", "records.json", "the file that holds the records")
	cert := flag.String("cert", "cert.pem", "certificate, PEM")
	key := flag.String("key", "key.pem", "its private key, PEM")
	webhookSecret := flag.String("webhook-secret", "webhook-secret", "the file with the secret that signs events")
	chunk := flag.Int("chunk", 100, "how many records one call moves, at most 1000")
	flag.DurationVar(&trouble.slow, "slow", 0, "wait before each answer")
	flag.IntVar(&trouble.failEvery, "fail-every", 0, "answer each n-th call with 503")
	flag.IntVar(&trouble.limitEvery, "limit-every", 0, "answer each n-th call with 429")
	flag.IntVar(&trouble.dieEvery, "die-every", 0, "die in each n-th call, after the move and before the answer")
	flag.BoolVar(&trouble.twice, "twice", false, "list each record twice")
	flag.Parse()
	secret := os.Getenv("RECORDS_APP_KEY")
	if secret == "" {
		return errors.New("RECORDS_APP_KEY is not set: it is the key that Handover shows")
	}
	records, err := openBook(*file)
	if err != nil {
		return err
	}
	app := &application{book: records, key: secret, webhookSecret: *webhookSecret, chunk: min(*chunk, maxChunk), mischief: &trouble, now: time.Now}
	server := &http.Server{Addr: *listen, Handler: app.routes(), ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServeTLS(*cert, *key)
}
