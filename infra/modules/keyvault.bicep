// The two secrets of a deployment. They are written when they are given, and
// left alone when they are not.
param name string
param location string
param tags object
param publicAccess bool
@secure()
param operatorKey string
@secure()
param signingKeys string

var operatorKeyName = 'operator-key'
var signingKeysName = 'signing-keys'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: publicAccess ? 'enabled' : 'disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: publicAccess ? 'Allow' : 'Deny'
    }
  }
}

resource operatorKeySecret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(operatorKey)) {
  parent: vault
  name: operatorKeyName
  properties: {
    value: operatorKey
    contentType: 'HANDOVER_OPERATOR_KEY'
  }
}

resource signingKeysSecret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(signingKeys)) {
  parent: vault
  name: signingKeysName
  properties: {
    value: signingKeys
    contentType: 'HANDOVER_KEYS'
  }
}

output id string = vault.id
output name string = vault.name
output operatorKeyUri string = '${vault.properties.vaultUri}secrets/${operatorKeyName}'
output signingKeysUri string = '${vault.properties.vaultUri}secrets/${signingKeysName}'
