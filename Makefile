# The two commands of the README are `go run ./handler demo` and `make test`.
# They need Go; `make test` needs a C compiler, too, for the race detector, and
# network to the Go module proxy.

tool = go tool -modfile=tools.mod

.PHONY: build demo test format vet staticcheck race start package azure-local smoke deploy what-if

build:
	go build -trimpath -ldflags '-s -w' -o dist/handover ./handler

demo:
	go run ./handler demo

test: format vet staticcheck race

format:
	@wrong="$$($(tool) gofumpt -l .)" || exit 1; \
	if [ -n "$$wrong" ]; then \
		echo "These files are not as gofumpt writes them; run $(tool) gofumpt -w .:"; \
		echo "$$wrong"; exit 1; \
	fi

vet:
	go vet ./...

staticcheck:
	$(tool) staticcheck ./...

# The limit is for a test that hangs: a package takes a minute or two, and
# several times that on a small machine with much else to do.
race:
	go test -race -timeout 30m ./...

# start runs Handover in the Azure Functions host, on this machine.
start:
	go run ./functions
	@command -v func >/dev/null || { \
		echo "func is missing: npm install -g azure-functions-core-tools@4 brings it. Without it, go run ./handler dev runs everything in one process."; \
		exit 1; \
	}
	func start --script-root dist

package:
	go run ./functions --zip

# smoke plays Entra's cycle against a deployed app, and then a leave:
# make smoke URL=https://APP.azurewebsites.net TOKEN=… KEY=…
# It wants a tenant (TENANT, "smoke" if not said) with the verified domain DOMAIN
# (acme.com) and an active Master Admin, a SCIM token and an app key of it.
TENANT ?= smoke
DOMAIN ?= acme.com

smoke:
	@test -n "$(URL)" && test -n "$(TOKEN)" && test -n "$(KEY)" || { \
		echo "make smoke needs URL=https://APP.azurewebsites.net, TOKEN= a SCIM token and KEY= an app key of the tenant $(TENANT)."; \
		exit 1; \
	}
	@$(MAKE) --no-print-directory build
	@dist/handover play entra --url "$(URL)/scim/$(TENANT)/v2" --token "$(TOKEN)" --domain "$(DOMAIN)"
	@go run ./e2e/smoke -url "$(URL)" -tenant "$(TENANT)" -domain "$(DOMAIN)" -token "$(TOKEN)" -key "$(KEY)"

# deploy brings resources and program to Azure, what-if shows what would change:
# make deploy RG=handover-prod ENV=public (or usgovernment, or china)
deploy what-if:
	@infra/deploy.sh $@ "$(RG)" "$(ENV)"

# azure-local runs Azurite and the Service Bus emulator until Ctrl-C.
azure-local: local/node_modules/.package-lock.json
	node local/start.mjs

local/node_modules/.package-lock.json: local/package-lock.json
	@command -v npm >/dev/null || { \
		echo "npm is missing: install Node 20 or newer with npm from https://nodejs.org."; \
		exit 1; \
	}
	cd local && npm ci --ignore-scripts
	@touch $@
