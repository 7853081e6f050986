#!/usr/bin/env bash
# Deploys Handover, or shows what a deployment would change:
#   infra/deploy.sh deploy|what-if GROUP CLOUD
# CLOUD names the parameter file, infra/CLOUD.bicepparam; STAGE (prod) tells
# deployments of one group apart. Each step can be repeated.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

fail() { echo "$1" >&2; exit 1; }

command=${1:-} group=${2:-} cloud=${3:-}
export STAGE=${STAGE:-prod}
parameters=infra/$cloud.bicepparam

[ -n "$group" ] || fail "make $command needs RG= the resource group, for example make $command RG=handover-prod ENV=public."
[ -f "$parameters" ] || fail "There is no $parameters: ENV is public, usgovernment or china."
type -P az >/dev/null || fail "az is missing: install the Azure CLI from https://aka.ms/azure-cli, sign in with az login, and run this again."

if [ "$command" = what-if ]; then
	echo "This asks Azure what deploying $parameters to the group $group would change, and changes nothing."
	exec az deployment group what-if --resource-group "$group" --parameters "$parameters"
fi

echo "This deploys the stage $STAGE to the resource group $group:
  1. az deployment group create with $parameters; missing secrets are made and put into the vault
  2. make package, and the zip published to the function app
  3. handover doctor in the running app, as soon as it answers
  4. make smoke against the tenant smoke, which is made if it is not there"

# Azure's control plane tells which secrets the vault has, and not what they
# are. Made again, they would lock out who uses them and lose what they hide: so
# no answer ends the deployment.
vault=$(az keyvault list --resource-group "$group" --query "[?tags.application=='handover' && tags.stage=='$STAGE'].id | [0]" --output tsv)
secrets=""
if [ -n "$vault" ]; then
	secrets=$(az rest --method get --url "$vault/secrets?api-version=2023-07-01" --query "value[].name" --output tsv)
fi
has() { grep -qx "$1" <<<"$secrets"; }
if [ -z "${HANDOVER_OPERATOR_KEY:-}" ] && ! has operator-key; then
	HANDOVER_OPERATOR_KEY=$(openssl rand -hex 32)
fi
if [ -z "${HANDOVER_KEYS:-}" ] && ! has signing-keys; then
	HANDOVER_KEYS=first:$(openssl rand -hex 32)
fi
export HANDOVER_OPERATOR_KEY=${HANDOVER_OPERATOR_KEY:-} HANDOVER_KEYS=${HANDOVER_KEYS:-}

deployment=handover-$STAGE
az deployment group create --resource-group "$group" --name "$deployment" --parameters "$parameters" --output none
result() { az deployment group show --resource-group "$group" --name "$deployment" --query "properties.outputs.$1.value" --output tsv; }
app=$(result appName) url=$(result url) vault=$(result vaultName)

make --no-print-directory package build
az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src dist/handover-amd64.zip --output none

if [ -z "$HANDOVER_OPERATOR_KEY" ]; then
	HANDOVER_OPERATOR_KEY=$(az keyvault secret show --vault-name "$vault" --name operator-key --query value --output tsv) ||
		fail "$url is deployed. To have it checked, set HANDOVER_OPERATOR_KEY, or give yourself the role Key Vault Secrets User on $vault, and run this again."
fi
export HANDOVER_URL=$url
for ((try = 1; ; try++)); do
	dist/handover tenant list && break
	[ "$try" -lt 30 ] || fail "$url does not answer after five minutes: docs/runbook.md says how to find out why."
	sleep 10
done
dist/handover doctor --remote

domain=acme.com admin=master.admin@acme.com country=US
[ "$cloud" != china ] || country=CN
dist/handover tenant show smoke --json >/dev/null 2>&1 ||
	dist/handover tenant create smoke --name "Smoke test" --country "$country" --domain "$domain" --master-admin "$admin"
secret() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }
token=$(dist/handover token issue smoke --label smoke --expires 1d --json | secret token)
key=$(dist/handover app-key issue smoke --label smoke --expires 1d --json | secret key)
# 409 says that the Master Admin is there from the time before.
status=$(curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer $token" --header 'Content-Type: application/scim+json' \
	--data "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"$admin\",\"active\":true}" "$url/scim/smoke/v2/Users")
case $status in
201 | 409) ;;
*) fail "The Master Admin of the tenant smoke cannot be made: $url answers $status." ;;
esac
make --no-print-directory smoke URL="$url" TOKEN="$token" KEY="$key"
echo "$url is deployed and works. The operator key is the secret operator-key of the vault $vault."
