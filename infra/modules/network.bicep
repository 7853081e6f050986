// The optional private network: the app in one subnet, private endpoints of
// storage, vault and a Premium queue in the other, and the names that find them.
param suffix string
param location string
param tags object
param addressRange string
@allowed(['flex', 'dedicated'])
param hostingPlan string
param storageId string
param vaultId string
@description('Empty without a Premium namespace: Standard has no private endpoints.')
param serviceBusId string
param serviceBusHost string

// No suffix is written here: each cloud gives its own.
var storageSuffix = environment().suffixes.storage
var vaultZone = replace(environment().suffixes.keyvaultDns, '.vault.', 'privatelink.vaultcore.')
var busZone = 'privatelink.${substring(serviceBusHost, indexOf(serviceBusHost, '.') + 1)}'

var targets = concat(
  [
    { name: 'blob', zone: 'privatelink.blob.${storageSuffix}', id: storageId, group: 'blob' }
    { name: 'queue', zone: 'privatelink.queue.${storageSuffix}', id: storageId, group: 'queue' }
    { name: 'table', zone: 'privatelink.table.${storageSuffix}', id: storageId, group: 'table' }
    { name: 'vault', zone: vaultZone, id: vaultId, group: 'vault' }
  ],
  empty(serviceBusId) ? [] : [{ name: 'bus', zone: busZone, id: serviceBusId, group: 'namespace' }]
)

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${suffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressRange] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressRange, 27, 0)
          delegations: [
            {
              name: 'app'
              properties: { serviceName: hostingPlan == 'flex' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressRange, 27, 1) }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for target in targets: {
    name: target.zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (target, i) in targets: {
    parent: zones[i]
    name: 'vnet-${suffix}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

// One after the other: two at a time on one account refuse each other.
@batchSize(1)
resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for target in targets: {
    name: 'pe-${target.name}-${suffix}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpointSubnet.id }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.id
            groupIds: [target.group]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (target, i) in targets: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.name
          properties: { privateDnsZoneId: zones[i].id }
        }
      ]
    }
  }
]

output appSubnetId string = network::appSubnet.id
