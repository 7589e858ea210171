# SPDX-License-Identifier: MIT
#
# The files of the C library, for each build system that CMake drives: this project, ESP-IDF, Zephyr.
#
# mqtt5_sources: what is compiled. mqtt5_directory: where mqtt5.h is, for the include path.
set(mqtt5_sources alias.c check.c fit.c packet.c protocol.c reflect.c status.c strerror.c table.c template.c text.c value.c wire.c)
get_filename_component(mqtt5_directory "${CMAKE_CURRENT_LIST_DIR}/../csrc" ABSOLUTE)
if(MQTT5_AMALGAMATION)
  set(mqtt5_sources mqtt5.c)
  get_filename_component(mqtt5_directory "${MQTT5_AMALGAMATION}" ABSOLUTE)
endif()
list(TRANSFORM mqtt5_sources PREPEND "${mqtt5_directory}/")
