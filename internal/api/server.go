package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

// DefaultListen is where the server listens unless told otherwise: the machine
// itself only.
const DefaultListen = "127.0.0.1:8077"

// Config is what a server needs. Runs, Calls, Status, LogIn and Account must be set.
type Config struct {
	// Listen is the address, host:port; "" means DefaultListen.
	Listen string
	// TLSCert and TLSKey are PEM files, both or neither. They are read again
	// when they change.
	TLSCert, TLSKey string
	// MetricsListen, when not "", moves /metrics to an address of its own.
	MetricsListen string

	// PBXs are those configured, in the order of the configuration; of several,
	// the first one's zone shows a run's period.
	PBXs []PBX
	// Targets are the names of the targets configured.
	Targets []string

	Runs   Runs
	Calls  Calls
	Status Status
	// Explainer answers why a call looks as it does.
	Explainer Explainer

	// LogIn lets only requests with right credentials through to a handler and
	// answers the others itself: digestauth's Wrap, with RefuseLogin as Refuse.
	LogIn func(http.Handler) http.Handler
	// Account says who sent a request that LogIn let through.
	Account func(context.Context) Account
	// ClientAddress says for the log where a request came from; nil means the
	// address of the connection.
	ClientAddress func(*http.Request) string

	// NoAPI leaves out everything that asks for a log-in: other processes answer it.
	// /healthz, /readyz, /metrics and Pages stay.
	NoAPI bool
	// Pages serves every path that is not of the API, such as the panel's; it
	// sees to its own log-in. Nil: there are no other pages.
	Pages http.Handler

	// Registry holds what /metrics shows; nil means a new one.
	Registry *prometheus.Registry
	// Log is nil for slog.Default.
	Log *slog.Logger
	// Now gives the present; nil means time.Now.
	Now    func() time.Time
	Limits Limits
}

// PBX is a PBX as requests name it.
type PBX struct {
	Name string
	// Location is the zone in which wall-clock times of requests are read.
	Location *time.Location
}

// Account is who is logged in.
type Account struct {
	Name string
	// Admin may start and change things; others only look.
	Admin bool
}

// Server answers requests over HTTP.
type Server struct {
	config  Config
	limits  Limits
	log     *slog.Logger
	metrics *metrics
	handler http.Handler
	// watchers and waiters hold a place for each request that stays long.
	watchers, waiters places

	// closing ends when requests that stay long must come to an end.
	closing context.Context
	close   context.CancelFunc

	listeners []listening
}

// listening is a server with the listener it will serve.
type listening struct {
	server   *http.Server
	listener net.Listener
}

// NewServer makes a server that does not listen yet.
func NewServer(c Config) *Server {
	if c.ClientAddress == nil {
		c.ClientAddress = func(r *http.Request) string { return r.RemoteAddr }
	}
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	s := &Server{
		config:  c,
		limits:  c.Limits.orDefaults(),
		log:     cmp.Or(c.Log, slog.Default()),
		metrics: newMetrics(c.Registry),
	}
	s.watchers, s.waiters = newPlaces(s.limits.Watchers), newPlaces(s.limits.Waiters)
	s.closing, s.close = context.WithCancel(context.Background())
	s.handler = s.shell(s.routes())
	return s
}

// Handler is what the server answers with, for those who bring their own
// listener.
func (s *Server) Handler() http.Handler { return s.handler }

// Listen opens the configured addresses, so that a port that is taken or a
// certificate that cannot be read shows before anything else is begun.
func (s *Server) Listen(ctx context.Context) error {
	if c := s.config; c.Runs == nil || c.Calls == nil || c.Status == nil || c.Account == nil {
		return errors.New("a server needs runs, calls and a status to show, and accounts")
	}
	config, err := s.tlsConfig()
	if err != nil {
		return err
	}
	if err := s.listen(ctx, s.config.Listen, s.handler, config); err != nil {
		return err
	}
	if s.config.MetricsListen == "" {
		return nil
	}
	err = s.listen(ctx, s.config.MetricsListen, s.shell(s.metricsOnly()), nil)
	if err != nil {
		_ = s.listeners[0].listener.Close() // nothing came in yet
		s.listeners = nil
	}
	return err
}

func (s *Server) listen(ctx context.Context, address string, handler http.Handler, config *tls.Config) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	s.listeners = append(s.listeners, listening{s.newHTTPServer(handler, config), l})
	return nil
}

// newHTTPServer bounds what one client can hold: how long it may take for each
// part of a request and how much it may send.
func (s *Server) newHTTPServer(handler http.Handler, config *tls.Config) *http.Server {
	return &http.Server{
		Handler:           handler,
		TLSConfig:         config,
		ReadHeaderTimeout: s.limits.ReadHeader,
		ReadTimeout:       s.limits.Read,
		WriteTimeout:      s.limits.Write,
		IdleTimeout:       s.limits.Idle,
		MaxHeaderBytes:    s.limits.HeaderBytes,
		// What goes wrong below HTTP is the client's doing, and of no interest
		// until somebody looks for it.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	switch {
	case s.config.TLSCert == "" && s.config.TLSKey == "":
		return nil, nil
	case s.config.TLSCert == "" || s.config.TLSKey == "":
		return nil, errors.New("TLS needs both a certificate and its key; only one is configured")
	}
	pair, err := loadKeyPair(s.config.TLSCert, s.config.TLSKey, s.log)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.certificate}, nil
}

// Addr is the address on which the server listens, nil before Listen.
func (s *Server) Addr() net.Addr { return s.addr(0) }

// MetricsAddr is the address on which only /metrics is served, nil if there is
// none.
func (s *Server) MetricsAddr() net.Addr { return s.addr(1) }

func (s *Server) addr(i int) net.Addr {
	if i >= len(s.listeners) {
		return nil
	}
	return s.listeners[i].listener.Addr()
}

// Serve answers requests until ctx ends, then lets those under way finish
// within the grace time, event streams at once, and cuts off the rest. It
// returns nil after such an orderly end. Listen must have been called.
func (s *Server) Serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range s.listeners {
		group.Go(func() error { return s.serve(l) })
		group.Go(func() error {
			<-ctx.Done()
			s.close()
			return s.shutDown(ctx, l.server)
		})
	}
	return group.Wait()
}

func (s *Server) serve(l listening) error {
	limited := netutil.LimitListener(l.listener, s.limits.Connections)
	var err error
	if l.server.TLSConfig != nil {
		err = l.server.ServeTLS(limited, "", "")
	} else {
		err = l.server.Serve(limited)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve on %s: %w", l.listener.Addr(), err)
}

func (s *Server) shutDown(ctx context.Context, server *http.Server) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests still under way were cut off", "grace", s.limits.Grace)
		err = server.Close()
	}
	return err
}
