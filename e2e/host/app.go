package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// app is what an app root says.
type app struct {
	root      string
	settings  map[string]string
	program   string
	arguments []string
	// timeout is functionTimeout: after it, an invocation costs the program its
	// life.
	timeout     time.Duration
	routePrefix string
	concurrency int
	functions   []*function
}

// function is one folder with a function.json.
type function struct {
	name    string
	trigger binding
	proxied bool
	retry   retryPolicy
}

type binding struct {
	Type, Direction, Name string
	Route                 *string
	Methods               []string
	QueueName, Connection string
	Schedule              string
	UseMonitor            bool
}

type retryPolicy struct {
	Strategy      string
	MaxRetryCount int
	DelayInterval string
}

// hostFile is what is read of host.json.
type hostFile struct {
	FunctionTimeout string
	CustomHandler   struct {
		Description struct {
			DefaultExecutablePath string
			Arguments             []string
		}
		EnableProxyingHTTPRequest bool `json:"enableProxyingHttpRequest"`
	}
	Extensions struct {
		HTTP       struct{ RoutePrefix *string }
		ServiceBus struct{ MaxConcurrentCalls int }
	}
}

func readApp(root string, settings map[string]string) (*app, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	a := &app{root: root, settings: map[string]string{}}
	var local struct{ Values map[string]string }
	if err := readJSON(filepath.Join(root, "local.settings.json"), &local); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	maps.Copy(a.settings, local.Values)
	maps.Copy(a.settings, settings)
	if worker := a.settings["FUNCTIONS_WORKER_RUNTIME"]; worker != "custom" {
		return nil, fmt.Errorf("FUNCTIONS_WORKER_RUNTIME is %q: a custom handler needs custom", worker)
	}
	if err := a.readHost(); err != nil {
		return nil, err
	}
	return a, a.readFunctions()
}

func readJSON(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (a *app) readHost() error {
	var file hostFile
	if err := readJSON(filepath.Join(a.root, "host.json"), &file); err != nil {
		return err
	}
	if !file.CustomHandler.EnableProxyingHTTPRequest {
		return errors.New("host.json: this host knows enableProxyingHttpRequest alone")
	}
	if overruled, ok := a.settings["AzureFunctionsJobHost__functionTimeout"]; ok {
		file.FunctionTimeout = overruled
	}
	var err error
	if a.timeout, err = timeSpan(file.FunctionTimeout); err != nil {
		return err
	}
	a.routePrefix = "api"
	if given := file.Extensions.HTTP.RoutePrefix; given != nil {
		a.routePrefix = *given
	}
	a.concurrency = max(file.Extensions.ServiceBus.MaxConcurrentCalls, 1)
	a.program, a.arguments = file.CustomHandler.Description.DefaultExecutablePath, file.CustomHandler.Description.Arguments
	if !filepath.IsAbs(a.program) {
		a.program = filepath.Join(a.root, a.program)
	}
	if info, err := os.Stat(a.program); err != nil || info.IsDir() {
		return fmt.Errorf("the host would look for %q on the PATH: it is no file in the app root", a.program)
	}
	return nil
}

// timeSpan reads hh:mm:ss, with a fraction of seconds if need be.
func timeSpan(text string) (time.Duration, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return 0, fmt.Errorf("%q is not of the form hh:mm:ss", text)
	}
	hours, err1 := strconv.Atoi(parts[0])
	minutes, err2 := strconv.Atoi(parts[1])
	seconds, err3 := strconv.ParseFloat(parts[2], 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, fmt.Errorf("%q is not of the form hh:mm:ss: %w", text, err)
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds*float64(time.Second)), nil
}

// readFunctions looks one folder deep, as the host does.
func (a *app) readFunctions() error {
	found, err := filepath.Glob(filepath.Join(a.root, "*", "function.json"))
	if err != nil {
		return err
	}
	for _, path := range found {
		f, err := a.readFunction(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		a.functions = append(a.functions, f)
	}
	if len(a.functions) == 0 {
		return errors.New("no job functions found")
	}
	return nil
}

func (a *app) readFunction(path string) (*function, error) {
	var file struct {
		Bindings []binding
		Retry    retryPolicy
	}
	if err := readJSON(path, &file); err != nil {
		return nil, err
	}
	f := &function{name: filepath.Base(filepath.Dir(path)), retry: file.Retry}
	for _, b := range file.Bindings {
		if !strings.HasSuffix(b.Type, "Trigger") {
			continue
		}
		f.trigger = b
	}
	if f.trigger.Type == "" {
		return nil, errors.New("there is no trigger")
	}
	f.proxied = f.trigger.Type == "httpTrigger" && len(file.Bindings) == 2 && file.Bindings[1].Type == "http"
	var err error
	if f.trigger.QueueName, err = a.expand(f.trigger.QueueName); err != nil {
		return nil, err
	}
	f.trigger.Schedule, err = a.expand(f.trigger.Schedule)
	return f, err
}

var settingName = regexp.MustCompile(`%([^%]+)%`)

// expand puts app settings in the place of %name%.
func (a *app) expand(text string) (string, error) {
	var missing error
	expanded := settingName.ReplaceAllStringFunc(text, func(found string) string {
		value := a.settings[strings.Trim(found, "%")]
		if value == "" {
			missing = fmt.Errorf("%s does not resolve to a value", found)
		}
		return value
	})
	return expanded, missing
}

// function finds one by its name.
func (a *app) function(name string) (*function, error) {
	for _, f := range a.functions {
		if f.name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("there is no function %q", name)
}
