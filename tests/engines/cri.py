#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One call of the container runtime interface, in JSON.

	cri.py SOCKET METHOD [REQUEST]

prints the answer; what the other side refuses is a message and status 1. The types are those of cri.proto,
which protoc reads at each call. Debian's interpreter, because its packages have the libraries.
"""
import os
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pb2, json_format, message_factory

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 60


def read_types():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "-I", HERE, "--descriptor_set_out=" + out.name, "cri.proto"], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read()).file


def main():
    socket, wanted, request = (sys.argv[1:] + ["{}"])[:3]
    files = read_types()
    types = message_factory.GetMessages(files)
    found = [(f"{f.package}.{s.name}", m) for f in files for s in f.service for m in s.method if m.name == wanted]
    if not found:
        sys.exit(f"cri.proto has no method {wanted}")
    service, method = found[0]
    asked, answered = types[method.input_type[1:]], types[method.output_type[1:]]
    with grpc.insecure_channel("unix://" + socket) as channel:
        call = channel.unary_unary(f"/{service}/{wanted}", request_serializer=asked.SerializeToString,
                                   response_deserializer=answered.FromString)
        try:
            answer = call(json_format.Parse(request, asked()), timeout=SECONDS)
        except grpc.RpcError as e:
            sys.exit(f"{e.code().name}: {e.details()}")
    print(json_format.MessageToJson(answer, preserving_proto_field_name=True, indent=None,
                                    including_default_value_fields=True))


main()
