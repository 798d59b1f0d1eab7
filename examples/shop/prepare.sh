#!/bin/sh
# Makes what is secret, in this folder: keys of an identity provider, a token
# for each person of the shop, secrets of the gate, and the accountant's key.
set -eu
umask 077

gatehouse token keys --private idp.pem --kid shop >keys.json
person() { # NAME NUMBER ROLE
  gatehouse token sign --key idp.pem --kid shop --issuer https://id.shop.example --audience https://shop.example \
    --client web --subject "$2" --claim "roles=[\"$3\"]" --lifetime 8h >"$1.token"
}
person grace 1 admin
person alice 2 customer
person bob 3 staff
person mallory 4 customer

head -c 32 /dev/urandom | base64 >pepper.txt
head -c 32 /dev/urandom | base64 >passphrase.txt
gatehouse key create --name accountant --role accountant >accountant.key
