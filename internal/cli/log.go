package cli

import (
	"io"
	"log/slog"

	"ringback/internal/config"
)

// newLogger writes log records as configured.
func newLogger(w io.Writer, settings config.Log) *slog.Logger {
	levels := map[config.LogLevel]slog.Level{
		config.LogDebug: slog.LevelDebug, config.LogInfo: slog.LevelInfo,
		config.LogWarn: slog.LevelWarn, config.LogError: slog.LevelError,
	}
	options := &slog.HandlerOptions{Level: levels[settings.Level]}
	if settings.Format == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
