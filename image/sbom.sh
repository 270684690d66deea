#!/usr/bin/env bash
# Prints what is in the image as SPDX 2.3 JSON, from what dpkg knows here.
#
#   image/sbom.sh VERSION PACKAGE...
set -euo pipefail

version=$1
shift
created=$(date --utc --date="@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)

package() { # id, name, version, purl, supplier, licence, comma
  cat <<JSON
    {
      "SPDXID": "SPDXRef-$1",
      "name": "$2",
      "versionInfo": "$3",
      "supplier": "$5",
      "downloadLocation": "NOASSERTION",
      "filesAnalyzed": false,
      "licenseConcluded": "NOASSERTION",
      "licenseDeclared": "$6",
      "copyrightText": "NOASSERTION",
      "externalRefs": [
        {
          "referenceCategory": "PACKAGE-MANAGER",
          "referenceType": "purl",
          "referenceLocator": "$4"
        }
      ]
    }$7
JSON
}

id_of() { tr -c 'A-Za-z0-9.\n-' - <<<"$1"; } # SPDX allows no other characters.

relation() { # from, how, to, comma
  echo "    {\"spdxElementId\": \"SPDXRef-$1\", \"relationshipType\": \"$2\"," \
    "\"relatedSpdxElement\": \"SPDXRef-$3\"}$4"
}

. /etc/os-release
cat <<JSON
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "leader-elector-$version",
  "documentNamespace": "https://leader-elector.io/spdx/$version/$(
  dpkg-query --show "$@" | sha256sum | cut -c 1-32)",
  "creationInfo": {"created": "$created", "creators": ["Tool: image/sbom.sh"]},
  "packages": [
JSON
package leader-elector leader-elector "$version" \
  "pkg:generic/leader-elector@$version" "NOASSERTION" Apache-2.0 ,
for name in "$@"; do
  # The source package is what has advisories.
  IFS=' ' read -r found source architecture < <(dpkg-query --show --showformat \
    '${Version} ${source:Package} ${Architecture}\n' "$name" | head -1)
  comma=,
  [ "$name" != "${!#}" ] || comma=
  package "$(id_of "$name")" "$source" "$found" \
    "pkg:deb/debian/$name@$found?arch=$architecture&distro=$VERSION_CODENAME" \
    "Organization: Debian" NOASSERTION "$comma"
done
echo '  ],'
echo '  "relationships": ['
relation DOCUMENT DESCRIBES leader-elector ,
for name in "$@"; do
  comma=,
  [ "$name" != "${!#}" ] || comma=
  relation leader-elector CONTAINS "$(id_of "$name")" "$comma"
done
echo '  ]'
echo '}'
