package app

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"ringback/internal/api"
	"ringback/internal/config"
)

func TestAPBXThatNeverAnswersIsShownAsAway(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	h := newHouse(t)
	h.settings.Config.PBX[0].CEL, err = config.ParseSourceURL("mysql://reader:s3cret@"+silent.Addr().String()+"/asteriskcdrdb", os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	a := h.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	a.pbxs[0].probe(ctx)
	if part := a.pbxs[0].status(); part.Status != api.Error || !strings.Contains(part.Message, "is away") {
		t.Errorf("its status is %+v", part)
	}
}
