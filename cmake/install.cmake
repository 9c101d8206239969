# What `make install` puts in place: bin/hone, include/hone/, and the C++ library for find_package(hone): target hone::hone.
# Completions and the manual page are printed by the program itself.
#
# The library is the pure layers up to the study, with hone::minimize on top; store, executors and command line are not in it.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(layers hone_base hone_space hone_model hone_search hone_schedule hone_study)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/hone)
install(TARGETS hone RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS hone_api ${layers} EXPORT hone ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/hone DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(EXPORT hone NAMESPACE hone:: DESTINATION ${package} FILE honeTargets.cmake)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/honeConfig.cmake.in ${PROJECT_BINARY_DIR}/honeConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/honeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/honeConfig.cmake ${PROJECT_BINARY_DIR}/honeConfigVersion.cmake DESTINATION ${package})

set(share ${PROJECT_BINARY_DIR}/share)
set(pages)
foreach(page IN ITEMS "completion bash|hone.bash" "completion zsh|_hone" "completion fish|hone.fish" "man|hone.1")
  string(REGEX MATCH "^(.*)\\|(.*)$" _ "${page}")
  separate_arguments(words UNIX_COMMAND "${CMAKE_MATCH_1}")
  add_custom_command(OUTPUT ${share}/${CMAKE_MATCH_2} DEPENDS hone VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${share} COMMAND hone ${words} > ${share}/${CMAKE_MATCH_2})
  list(APPEND pages ${share}/${CMAKE_MATCH_2})
endforeach()
add_custom_target(hone_pages ALL DEPENDS ${pages})
install(FILES ${share}/hone.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME hone)
install(FILES ${share}/_hone DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${share}/hone.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${share}/hone.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
