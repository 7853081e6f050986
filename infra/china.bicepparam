// Handover in Azure China (21Vianet), which has no Flex Consumption. Host names follow the cloud; none is written
// here. Secrets come from the environment of the deployer, and where they are
// not given, those of the vault stay.
using 'main.bicep'

param hostingPlan = 'dedicated'
param countries = ['CN']

param stage = readEnvironmentVariable('STAGE', 'prod')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param operatorKey = readEnvironmentVariable('HANDOVER_OPERATOR_KEY', '')
param signingKeys = readEnvironmentVariable('HANDOVER_KEYS', '')
