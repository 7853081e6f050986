// Handover in Azure US Government. Host names follow the cloud; none is written
// here. Secrets come from the environment of the deployer, and where they are
// not given, those of the vault stay.
using 'main.bicep'

param countries = ['US']

param stage = readEnvironmentVariable('STAGE', 'prod')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param operatorKey = readEnvironmentVariable('HANDOVER_OPERATOR_KEY', '')
param signingKeys = readEnvironmentVariable('HANDOVER_KEYS', '')
